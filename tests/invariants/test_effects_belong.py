"""An effect stands under the feature that makes it; a feature tells of the facts that it reads, and of no others."""

from dataclasses import replace

import lightgbm
import numpy as np
import orjson
import pytest

from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.engine.kind import FactKind, all_kinds
from leadml.history.tables import FACT_TABLES, JUDGEMENTS
from leadml.learners.calibration import CalibrationLine
from leadml.learners.readiness import ReadinessModel, Shares
from leadml.learners.rules import RulesModel
from leadml.scoring import Scorer
from leadml.specs.rules_spec import RulesSpec

# One a theme and more, numbers and words, each with several values in the demo CRM.
ALONE = ["pricing_views_30d", "employees", "industry", "furthest_content", "title_level", "attempts_7d", "lead_status"]


def of_rules(name, matrix):
    """Let one rule award points for one feature."""
    if name in matrix.words:
        codes = matrix.values[:, matrix.names.index(name)]
        code = np.bincount(codes[~np.isnan(codes)].astype(int)).argmax()
        rule = {"when": {"feature": name, "any_of": [matrix.words[name][int(code)]]}, "points": 10}
    else:
        rule = {"when": {"feature": name}, "points_per_unit": 1, "at_most_units": 5}
    rule = {"name": "alone", "because": {"en": "It", "ja": "それ"}, **rule}
    rules = RulesSpec.model_validate_json(orjson.dumps({"rules": [rule]}))
    return ReadinessModel(RulesModel(rules, -1.0, 0.3, (0.0,)), (), matrix.names, matrix.words)


def of_lines(name, matrix, design):
    """Give coefficients to the columns of the straight part that change with one feature, and to no other."""
    values = matrix.values.copy()
    values[:, matrix.names.index(name)] = np.nan
    unit = np.hstack([np.zeros((design.width, 1)), np.eye(design.width)])
    there, gone = (design.lay_out(replace(matrix, values=each)).times_alone(unit) for each in (matrix.values, values))
    mine = np.flatnonzero(np.abs(there - gone).max(axis=1) > 0)
    line = np.zeros((1, 1 + design.width))
    line[0, 1 + mine] = 0.7 + 0.1 * np.arange(len(mine))
    no_rules = RulesModel(RulesSpec(rules=()), -1.0, 0.0, ())
    return ReadinessModel(no_rules, (), matrix.names, matrix.words, design, line, Shares(1.0, 0.0))


def of_trees(name, matrix):
    """Grow trees on an outcome that is one feature."""
    column = matrix.values[:, matrix.names.index(name)]
    known = np.nan_to_num(column, nan=-1.0)
    alone = np.full_like(matrix.values, np.nan)
    alone[:, matrix.names.index(name)] = column
    categories = [matrix.names.index(word) for word in matrix.words]
    settings = {"verbosity": -1, "num_leaves": 4, "min_data_in_leaf": 5, "num_threads": 1, "feature_pre_filter": False}
    data = lightgbm.Dataset(alone, label=known > np.median(known), categorical_feature=categories)
    text = lightgbm.train({**settings, "objective": "binary"}, data, num_boost_round=5).model_to_string()
    return ReadinessModel(
        RulesModel(RulesSpec(rules=()), -1.0, 0.0, ()), (text,), matrix.names, matrix.words, shares=Shares(0.0, 1.0)
    )


@pytest.mark.parametrize("part", ["rules", "lines", "trees"])
def test_an_effect_stands_under_the_feature_that_makes_it(demo_model, demo_training_set, demo_history, spec, part):
    matrix = demo_training_set.features.recoded(demo_model.readiness.words)
    design = demo_model.readiness.design
    ids, instant = demo_history.lead_ids[::40], demo_history.known_until + 1
    moved = 0
    for name in ALONE:
        readiness = {
            "rules": lambda name: of_rules(name, matrix),
            "lines": lambda name: of_lines(name, matrix, design),
            "trees": lambda name: of_trees(name, matrix),
        }[part](name)
        scorer = Scorer(replace(demo_model, readiness=replace(readiness, calibration=CalibrationLine())), spec)
        for score in scorer.score(demo_history, ids, instant):
            effects = score.explanation.by_feature()
            others = {other: line.effect_exact for other, line in effects.items() if other != name}
            assert not [other for other, effect in others.items() if abs(effect) > 1e-9]
            whole = score.explanation.unclipped - score.explanation.start_exact
            assert effects[name].effect_exact == pytest.approx(whole, abs=1e-9)
            moved += abs(whole) > 0.5
    assert moved > len(ALONE) * 5  # a model that moves nobody would pass


def without(history, table):
    """Take away all facts of one table: nothing happened, which is not unknown."""
    facts = history.facts[table]
    empty = replace(
        facts,
        first=np.zeros_like(facts.first),
        happened_at=facts.happened_at[:0],
        known_at=facts.known_at[:0],
        codes=facts.codes[:, :0],
        values=facts.values[:, :0],
    )
    return replace(history, facts={**history.facts, table: empty}, by_company={})


@pytest.mark.parametrize("table", [name for name in FACT_TABLES if name not in ("attribute_changes", *JUDGEMENTS)])
def test_a_feature_tells_of_the_facts_that_it_reads_and_of_no_others(demo_history, demo_model, spec, table):
    catalogue = Catalogue.of(spec.themes, spec.agreement.definitions)
    leads = np.arange(len(demo_history.lead_ids))
    as_of = np.full(len(leads), demo_history.known_until + 1)
    there = compute_features(demo_history, leads, as_of, catalogue)
    gone = compute_features(without(demo_history, table), leads, as_of, catalogue)
    lost = 0
    for place, feature in enumerate(catalogue.features):
        kind = all_kinds()[feature.kind]
        reads = (
            {catalogue.table_of[feature.name]} if isinstance(kind, FactKind) and kind.reads != "attribute" else set()
        )
        also = (
            {"stage_changes"}
            if feature.since_stage or "hand_over" in feature.kind or feature.kind == "stage_age"
            else set()
        )
        if table in reads | also:
            nothing = np.nan if feature.when_nothing == "missing" else float(feature.when_nothing)
            if table in reads:
                assert np.array_equal(np.unique(gone.values[:, place]), [nothing], equal_nan=True), feature.name
                told = there.values[:, place]
                lost += bool((told[~np.isnan(told)] != nothing).any())
        else:
            told = [[there.shown(row, feature.name), gone.shown(row, feature.name)] for row in range(0, len(leads), 7)]
            assert all(before == after for before, after in told), feature.name
    assert lost > 0  # a table that nobody reads would pass


def test_a_theme_without_its_facts_says_so_and_moves_the_score(demo_history, scorer):
    table, instant = "connect_attempts", demo_history.known_until + 1
    facts = demo_history.facts[table]
    tried = np.flatnonzero(np.diff(facts.first) > 2)[:30]
    ids = [demo_history.lead_ids[lead] for lead in tried.tolist()]
    with_facts = scorer.score(demo_history, ids, instant)
    without_facts = scorer.score(without(demo_history, table), ids, instant)
    changed = 0
    for there, gone in zip(with_facts, without_facts, strict=True):
        before, after = there.explanation.by_feature(), gone.explanation.by_feature()
        for name in ("attempts_7d", "attempts_since_hand_over"):
            assert after[name].value == 0
            changed += before[name].value != 0
        for name in ("industry", "pricing_views_30d", "deal_amount"):
            assert before[name].value == after[name].value
    assert changed > 0
