"""The invariant of the house: adding any fact that was not yet known at as_of changes nothing."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st


def test_a_fact_that_was_not_yet_known_changes_nothing(leads, not_yet_known, reasons_not_to_know, added, known_of):
    held, stood = Counter(), Counter()

    @given(leads, st.lists(not_yet_known, min_size=1, max_size=5))
    def check(lead, facts):
        held.update({"any", *(fact.why for fact in facts)})
        known = known_of([lead])
        assert known_of(added(lead, facts)) == known
        standing = known["standing"]
        stood.update(name for name in ("last_band", "override", "waits_until", "missing") if getattr(standing, name))

    check()
    examples = settings().max_examples
    assert held["any"] >= examples
    assert {why: held[why] >= 0.08 * examples for why in reasons_not_to_know} == dict.fromkeys(
        reasons_not_to_know, True
    )
    assert min(stood[name] for name in ("last_band", "override", "waits_until", "missing")) >= 0.04 * examples


def test_a_fact_that_was_not_yet_known_changes_no_answer(leads, not_yet_known, added, history_from, scorer, as_of):
    held = Counter()

    @given(leads, st.lists(not_yet_known, min_size=1, max_size=5))
    @settings(max_examples=40)
    def check(lead, facts):
        held.update({(fact.why, fact.table) for fact in facts})
        (before,) = scorer.score(history_from([lead]), ["L1"], as_of)
        (after,) = scorer.score(history_from(added(lead, facts)), ["L1"], as_of)
        assert after.to_dict() == before.to_dict()

    check()
    assert held.total() >= 40
