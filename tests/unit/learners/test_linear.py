"""The straight part: scikit-learn's ridge under the same penalty, held at the ends, bound in its signs."""

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from leadml.agreement.scale import probability
from leadml.engine.matrix import FeatureMatrix
from leadml.learners.linear import Design, Prior, draw_doubts, fit_coefficients, penalty_of

NAMES = ("visits", "source", "level", "always", "never", "country")
WORDS = {"source": ("event", "fair", "referral"), "country": ("AT", "DE")}
LEADS = 1500


@pytest.fixture(scope="module")
def leads():
    """Features with gaps, outcomes that hang on them, and weights."""
    random = np.random.default_rng(5)
    visits, level = random.gamma(2, 3, LEADS), random.integers(0, 5, LEADS).astype(float)
    source, country = random.integers(0, 3, LEADS).astype(float), random.integers(0, 2, LEADS).astype(float)
    log_odds = 0.2 * visits - 0.3 * level + (source == 2) - 2
    ready = (random.random(LEADS) < probability(log_odds)).astype(float)
    visits[random.random(LEADS) < 0.2] = np.nan
    source[random.random(LEADS) < 0.1] = np.nan
    values = np.column_stack([visits, source, level, np.full(LEADS, 7.0), np.full(LEADS, np.nan), country])
    return FeatureMatrix(NAMES, values, WORDS), ready, random.choice([0.5, 1.0, 2.0], LEADS)


@pytest.fixture(scope="module")
def design(leads):
    matrix, _, weights = leads
    return Design.of(matrix, weights)


def columns_by_hand(matrix, weights):
    """One column a coefficient, in the order of the design: numbers, their gaps, then each word and no word."""
    numbers, gaps, words = [], [], []
    for place, name in enumerate(matrix.names):
        column = matrix.values[:, place]
        missing = np.isnan(column)
        if name in matrix.words:
            words += [column == code for code in range(len(matrix.words[name]))] + [missing]
            continue
        present, counted = column[~missing], weights[~missing]
        few = len(np.unique(present)) <= 20
        gaps.append(missing)
        if few and len(np.unique(present)) < 2:
            numbers.append(np.zeros(len(column)))
            continue
        held = present if few else np.clip(present, *np.quantile(present, [0.005, 0.995]))
        mean = np.average(held, weights=counted)
        standard = np.zeros(len(column))
        standard[~missing] = (held - mean) / np.sqrt(np.average((held - mean) ** 2, weights=counted))
        numbers.append(standard)
    return np.column_stack([*numbers, *gaps, *words]).astype(float)


def as_columns(laid):
    return np.column_stack([laid.times(unit) for unit in np.eye(laid.width)])


def test_the_columns_are_those_made_by_hand(leads, design):
    matrix, _, weights = leads
    np.testing.assert_allclose(as_columns(design.lay_out(matrix)), columns_by_hand(matrix, weights), atol=1e-12)


@pytest.mark.parametrize("variance", [0.01, 0.06, 0.25, 4.0])
def test_the_coefficients_are_those_of_scikit_learn_under_the_same_penalty(leads, design, variance, monkeypatch):
    matrix, ready, weights = leads
    laid, by_hand = design.lay_out(matrix), columns_by_hand(matrix, weights)
    penalty = np.average((by_hand - np.average(by_hand, 0, weights)) ** 2, 0, weights).sum() / variance
    penalty = max(penalty, 0.01 * (weights @ ready))
    assert penalty_of(laid, (ready, weights), variance) == pytest.approx(penalty)
    theirs = LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=5000).fit(by_hand, ready, sample_weight=weights)
    prior = Prior(variance, design.bounds({}))
    in_use = fit_coefficients(laid, (ready, weights), np.zeros(LEADS), prior)
    their_margin = theirs.decision_function(by_hand)
    np.testing.assert_allclose(in_use[0] + laid.times(in_use[1:]), their_margin, atol=2e-3, rtol=0)
    monkeypatch.setattr("leadml.learners.linear._NEAR_ENOUGH", 1e-13)
    to_the_end = fit_coefficients(laid, (ready, weights), np.zeros(LEADS), prior)
    np.testing.assert_allclose(to_the_end[1:], theirs.coef_[0], atol=1e-4, rtol=0)
    assert to_the_end[0] == pytest.approx(theirs.intercept_[0], abs=1e-4)


def test_what_the_offset_says_already_is_not_learned_again(leads, design):
    matrix, ready, weights = leads
    laid, prior = design.lay_out(matrix), Prior(1.0, design.bounds({}))
    offset = 0.8 * np.nan_to_num(matrix.values[:, 0]) - 3
    line = fit_coefficients(laid, (ready, weights), offset, prior)
    # At the best line the slope of the loss is nothing in every direction: worked out by hand.
    columns, penalty = columns_by_hand(matrix, weights), penalty_of(laid, (ready, weights), 1.0)
    residuals = weights * (probability(offset + line[0] + columns @ line[1:]) - ready)
    downhill = np.r_[residuals.sum(), columns.T @ residuals + penalty * line[1:]]
    assert np.abs(downhill).max() < 1e-3 * weights.sum()
    alone = fit_coefficients(laid, (ready, weights), np.zeros(LEADS), prior)
    assert alone[1] > 0.3
    assert line[1] < -0.3  # the offset said too much of visits


def row(**values):
    usual = {"visits": 5.0, "source": 0.0, "level": 2.0, "always": 7.0, "never": np.nan, "country": 1.0}
    return [({**usual, **values})[name] for name in NAMES]


@pytest.fixture(scope="module")
def line(leads, design):
    matrix, ready, weights = leads
    return fit_coefficients(design.lay_out(matrix), (ready, weights), np.zeros(LEADS), Prior(1.0, design.bounds({})))


@pytest.fixture(scope="module")
def said(design, line):
    """Say the contributions of rows by feature."""

    def say(*rows, words=WORDS):
        matrix = FeatureMatrix(NAMES, np.array(rows), words).recoded(WORDS)
        return design.by_feature(design.lay_out(matrix), line[1:])

    return say


def test_beyond_what_training_saw_a_number_says_no_more(said, leads):
    visits = leads[0].values[:, 0]
    low, high = np.nanquantile(visits, [0.005, 0.995])
    at_ends = said(row(visits=low), row(visits=high))
    for beyond in (1e3, 1e300, np.inf):
        assert said(row(visits=-beyond), row(visits=beyond)).tolist() == at_ends.tolist()
    assert said(row(level=4.0), row(level=9.0))[:, 2].tolist() == said(row(level=4.0), row(level=np.inf))[:, 2].tolist()
    assert at_ends[0, 0] < at_ends[1, 0] - 1


def test_a_missing_number_says_what_missing_ones_said(said, line):
    assert said(row(visits=np.nan))[0, 0] == line[1 + 4]  # four numbers, then their gaps
    assert line[1 + 4] != 0


def test_a_word_that_training_never_saw_says_what_a_missing_one_says(said):
    strange, missing = said(row(source=1.0), row(source=np.nan), words={**WORDS, "source": ("event", "podcast", "x")})
    assert strange.tolist() == missing.tolist()
    assert said(row(country=np.nan))[0, 5] == 0.0  # no lead of the training was without a country


def test_columns_without_any_difference_say_nothing(said):
    rows = [row(), row(always=1e9), row(always=np.inf), row(never=3.0), row(never=np.inf)]
    np.testing.assert_allclose(said(*rows)[:, 3:5], 0, atol=1e-3)
    assert np.isfinite(said(*rows)).all()


def test_parts_add_up_to_the_product(design, leads, line):
    laid = design.lay_out(leads[0])
    whole = line[0] + laid.times(line[1:])
    np.testing.assert_allclose(line[0] + design.by_feature(laid, line[1:]).sum(axis=1), whole, atol=1e-12)
    np.testing.assert_allclose(laid.times_alone(np.array([line, -line])), [whole, -whole], atol=1e-12)


def test_lines_are_the_same_alone_and_among_many_to_the_last_bit(design, leads, line):
    matrix, lines = leads[0], np.array([line * factor for factor in np.linspace(-2, 3, 24)])
    together = design.lay_out(matrix).times_alone(lines)
    alone = [design.lay_out(matrix.rows(np.array([place]))).times_alone(lines)[:, 0] for place in range(0, LEADS, 10)]
    assert np.array(alone).tobytes() == np.ascontiguousarray(together[:, ::10].T).tobytes()


def test_a_sign_that_was_agreed_is_kept_whatever_the_outcomes_say(design, leads):
    matrix, ready, weights = leads
    laid = design.lay_out(matrix)

    def slopes(**directions):
        prior = Prior(4.0, design.bounds(directions))
        return fit_coefficients(laid, (ready, weights), np.zeros(LEADS), prior)[1:3]

    visits, level = slopes()
    assert visits > 0.1
    assert level < -0.1
    assert slopes(visits=-1, level=1).tolist() == [0.0, 0.0]
    np.testing.assert_allclose(slopes(visits=1, level=-1), [visits, level], atol=1e-3)
    # What is missing, and words, have no direction.
    assert design.bounds({"visits": 1, "source": 1})[4:] == [(None, None)] * (design.width - 4)


def test_the_penalty_is_never_weaker_than_a_hundredth_of_the_outcomes(design, leads):
    matrix, ready, weights = leads
    laid, answers = design.lay_out(matrix), (ready, weights)
    floor = 0.01 * float((weights * ready).sum())
    assert penalty_of(laid, answers, 1e9) == pytest.approx(floor)
    assert penalty_of(laid, answers, 0.25) > floor
    wide, wider = (
        fit_coefficients(laid, answers, np.zeros(LEADS), Prior(variance, design.bounds({}))) for variance in (1e6, 1e9)
    )
    assert wide.tolist() == wider.tolist()


def test_the_weaker_the_prior_belief_the_more_is_learned(design, leads):
    matrix, ready, weights = leads
    lengths = [
        np.linalg.norm(
            fit_coefficients(
                design.lay_out(matrix), (ready, weights), np.zeros(LEADS), Prior(variance, design.bounds({}))
            )[1:]
        )
        for variance in (1e-6, 0.05, 0.25, 1.0)
    ]
    assert lengths == sorted(lengths)
    assert lengths[0] < 1e-3


def test_doubts_have_the_variance_of_laplaces_approximation(leads):
    """Of a design of numbers alone the covariance is an inverse that can be written down."""
    values, ready = leads[0].values[:300, [0, 2]], leads[1][:300]
    matrix = FeatureMatrix(("visits", "level"), values, {})
    laid = Design.of(matrix, np.ones(300)).lay_out(matrix)
    chance, evidence = np.full(300, ready.mean()), np.full(300, 0.5)
    columns = np.column_stack([np.ones(300), as_columns(laid)])
    information = columns.T @ (columns * (evidence * chance * (1 - chance))[:, None])
    covariance = np.linalg.inv(information + np.diag([1e-6, 3.0, 3.0, 3.0, 3.0]))
    expected = np.einsum("ij,jk,ik->i", columns, covariance, columns)
    drawn = [draw_doubts(laid, chance, evidence, penalty=3.0, seed=seed) for seed in range(200)]
    assert drawn[0].shape == (24, 5)
    variance = np.mean(np.square(columns @ np.vstack(drawn).T), axis=1)
    np.testing.assert_allclose(variance, expected, rtol=0.1)


def test_a_word_that_few_leads_have_is_doubted_more(design, leads):
    matrix, ready, _ = leads
    rare = matrix.values.copy()
    rare[(rare[:, 1] == 1.0) & (np.arange(LEADS) > 40), 1] = 0.0
    laid = design.lay_out(FeatureMatrix(NAMES, rare, WORDS))
    chance, evidence = np.full(LEADS, ready.mean()), np.ones(LEADS)
    drawn = np.vstack([draw_doubts(laid, chance, evidence, penalty=1.0, seed=seed) for seed in range(50)])
    begin = 1 + 2 * 4
    event, fair = drawn[:, begin].std(), drawn[:, begin + 1].std()
    assert fair > 3 * event


def test_a_design_written_and_read_is_the_same(design):
    read = Design.from_dict(json.loads(json.dumps(design.to_dict())), NAMES, WORDS)
    for part in ("lowest", "highest", "centre", "spread"):
        assert getattr(read, part).tobytes() == getattr(design, part).tobytes()
    assert (read.names, read.words) == (design.names, design.words)
    assert np.isinf(read.spread[[1, 3, 4, 5]]).all()
