"""A duel: the same leads, the same instants, the same volume, and nobody who knows how it ended."""

import dataclasses

import numpy as np
import pytest

from leadml.clock import DAY, HOUR
from leadml.contestants import CRM_SCORE, Entries
from leadml.disagreements import better_than, find_disagreements
from leadml.duel import FEWEST_EXPLORED, hold_duel
from leadml.errors import LeadmlError
from leadml.history.tables import FactTable
from leadml.reports.duel import duel_page, duel_report
from leadml.reports.duel_charts import scatter_of
from leadml.reports.text_table import TextTable
from leadml.splits import join_tests

YEAR = 365 * DAY
NAMES = ("readiness", "rules", "logistic")


@pytest.fixture(scope="module")
def entries(demo_history, demo_training_set, spec, demo_model):
    return Entries(demo_history, demo_training_set, spec, {"champion": demo_model})


@pytest.fixture(scope="module")
def test_leads(entries):
    return join_tests(entries.periods)[0]


@pytest.fixture(scope="module")
def duel(entries):
    return hold_duel(entries, NAMES, leads_a_week=5)


def test_each_list_gives_sales_the_same_volume(duel):
    assert len({taken.leads for taken in duel.taken.values()}) == 1
    assert max(taken.leads for taken in duel.taken.values()) <= 5 * duel.weeks
    for pairing in duel.pairings:
        swap = pairing.swap
        assert swap.enter == swap.leave
        assert swap.enter + swap.stay == duel.taken[duel.first].leads
        assert swap.enter_ready + swap.stay_ready == duel.taken[duel.first].ready


def test_the_verdict_is_that_of_the_interval(duel):
    for pairing in duel.pairings:
        gain, word = pairing.ruling.gain, pairing.ruling.word
        assert word == ("better" if gain.low > 0 else "worse" if gain.high < 0 else "not_proven")
        assert gain.value == duel.comparison.overall("auc").gain_over(pairing.rival).value


def test_turned_round_the_duel_says_the_opposite(duel, entries):
    turned = hold_duel(entries, ("rules", "readiness"), leads_a_week=5)
    there, back = duel.pairings[0], turned.pairings[0]
    assert back.ruling.gain.value == pytest.approx(-there.ruling.gain.value)
    assert (back.swap.enter, back.swap.leave) == (there.swap.leave, there.swap.enter)
    assert back.same_band == pytest.approx(there.same_band)


def test_the_recipe_of_a_version_is_fitted_again_before_each_period(entries):
    """The champion itself has seen the test; its recipe is the project's here, so both say the same."""
    champion, readiness = entries.enter("champion"), entries.enter("readiness")
    assert champion.scores().ranking.tobytes() == readiness.scores().ranking.tobytes()
    seen = entries._versions["champion"].readiness.margin(entries.periods[0].test.features)
    assert not np.array_equal(seen, champion.models[0].margin(champion.tests[0]))


def with_table(history, table, leads, instants, words, numbers):
    """Give a history one more table; each fact is known at once."""
    order = np.lexsort((instants, leads))
    facts = FactTable(
        first=np.concatenate([[0], np.cumsum(np.bincount(leads, minlength=len(history.lead_ids)))]),
        happened_at=instants[order],
        known_at=instants[order],
        words={column: (word,) for column, word in words.items()},
        codes=np.zeros((len(words), len(leads)), dtype=np.int32),
        number_columns=tuple(numbers),
        values=np.array(list(numbers.values()), dtype=float)[:, order],
    )
    unknown = tuple(name for name in history.unknown if name != table)
    return dataclasses.replace(history, facts={**history.facts, table: facts}, unknown=unknown)


def scored(history, training_set, delay):
    """Write down for each snapshot, so long after it, what became of the lead."""
    snapshots = training_set.snapshots
    told = {"value": training_set.ready}
    return with_table(history, "scores", snapshots.leads, snapshots.as_of + delay, {"name": "manual_score"}, told)


def test_the_score_of_the_crm_counts_as_it_was_known_then(demo_history, demo_training_set, spec):
    """A score that tells the answer wins; written down after all snapshots of a lead, the same score knows nothing."""
    before, after = (
        Entries(scored(demo_history, demo_training_set, delay), demo_training_set, spec, {}) for delay in (-HOUR, YEAR)
    )
    knows = hold_duel(before, (CRM_SCORE, "rules")).pairings[0].ruling
    assert knows.word == "better"
    assert knows.gain.value > 0.1
    knows_nothing = after.enter(f"{CRM_SCORE}:manual_score").scores().ranking
    assert len(np.unique(knows_nothing)) == len(after.periods)  # one chance a period, whoever it is


def test_leads_that_sales_got_by_lot_weigh_what_they_stand_for(demo_history, demo_training_set, spec, test_leads):
    worked = np.unique(test_leads.snapshots.leads[test_leads.worked])[::2]
    assert len(worked) >= FEWEST_EXPLORED
    instants = demo_history.created_at[worked] + HOUR
    decided = with_table(
        demo_history, "decisions", worked, instants, {"decision": "hand_over", "explored": "yes"},
        {"probability": np.full(len(worked), 0.2)},
    )  # fmt: skip
    duel = hold_duel(Entries(decided, demo_training_set, spec, {}), ("readiness", "rules"))
    assert (duel.selection.explored, duel.selection.weighed) == (len(worked), True)
    (pairing,) = duel.pairings
    assert pairing.weighed is not None
    assert any("inverse-propensity" in line for line in duel_report(duel, "en") if isinstance(line, str))
    few = with_table(
        demo_history, "decisions", worked[:3], instants[:3], {"decision": "hand_over", "explored": "yes"},
        {"probability": np.full(3, 0.2)},
    )  # fmt: skip
    told = hold_duel(Entries(few, demo_training_set, spec, {}), ("readiness", "rules"))
    assert (told.selection.explored, told.selection.weighed) == (3, False)
    assert any("fewer than 20" in line for line in duel_report(told, "en") if isinstance(line, str))


def test_money_is_that_of_deals_won_after_the_lead_was_taken(duel, demo_history, test_leads):
    facts = demo_history.facts["deal_changes"]
    won = facts.texts["deal_stage"].lookup({"closed_won": 1.0}, other=0.0) == 1.0
    later = facts.happened_at > test_leads.snapshots.as_of.min()
    assert 0 < duel.money["readiness"] <= np.nansum(facts.numbers["amount"][won & later])


def test_without_a_score_the_crm_cannot_enter(entries):
    with pytest.raises(LeadmlError) as caught:
        entries.enter(CRM_SCORE)
    assert (caught.value.code, caught.value.where) == ("no_such_score", "--with crm_score")


def test_the_lines_of_a_disagreement_add_up_to_both_scores(entries):
    furthest = find_disagreements(entries, "readiness", "rules", most=8)
    assert len({one.lead_id for one in furthest}) == 8
    apart = [abs(one.better_than[0] - one.better_than[1]) for one in furthest]
    assert apart == sorted(apart, reverse=True)
    for one in furthest:
        for which in (0, 1):
            named = sum(line.effects[which] for line in one.lines)
            assert one.starts[which] + named + one.others[which] + one.held[which] == one.scores[which]


def test_places_are_shares_of_the_same_age(test_leads):
    places = better_than(np.arange(len(test_leads), dtype=float), test_leads)
    for age in np.unique(test_leads.snapshots.ages):
        of_age = places[test_leads.snapshots.ages == age]
        assert of_age.mean() == pytest.approx(0.5)
        assert (of_age > 0).all()
        assert (of_age < 1).all()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_duel_is_told_in_both_languages(duel, entries, language):
    told = list(duel_report(duel, language))
    assert sum(isinstance(part, TextTable) for part in told) == 1 + 2 + 2
    furthest = find_disagreements(entries, "readiness", "rules", most=2)
    html = duel_page(duel, scatter_of(entries, "readiness", "rules"), furthest, language).html()
    assert html.count("<svg") >= 4
    assert furthest[0].lead_id in html
    assert "http://www.w3.org" in html  # of SVG; nothing else is fetched
    assert "<script" not in html


def test_few_leads_by_lot_are_told_and_not_used(duel):
    assert (duel.selection.explored, duel.selection.weighed) == (0, False)
    assert all(pairing.weighed is None for pairing in duel.pairings)
    assert FEWEST_EXPLORED > 1
