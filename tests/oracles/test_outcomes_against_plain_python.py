"""Outcomes by the plainest Python there is: one loop over the facts of one lead, from the definition alone."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadml.clock import DAY, parse_instant, to_iso
from leadml.history.inline import Arrival, histories_from_records
from leadml.outcomes import NO, NOT_KNOWN, YES, LeftOut, find_entries, find_outcomes
from leadml.snapshots import instants_just_after
from leadml.specs.agreement_spec import OutcomeSpec
from leadml.vocabulary import ReturnPolicy

START = parse_instant("2026-03-01T00:00:00Z", where="tests")
NEVER = float("inf")
STAGES = ["sql", "sql", "customer", "mql", "subscriber", "elsewhere", ""]
STATUSES = ["returned", "returned", "working", "elsewhere"]
REASONS = ["not_ready", "unable_to_reach", "duplicate", "somebody_wrote_this", ""]
OUTCOMES = [
    OutcomeSpec(reach="sql", within_days=30, not_returned_within_days=14),
    OutcomeSpec(reach="customer", within_days=14, not_returned_within_days=30),
    OutcomeSpec(reach="subscriber", within_days=16),
]

# Few instants, a microsecond to either side: ties, and facts on the edges of window and grace, are met often.
INSTANTS = st.builds(
    lambda days, side: START + days * DAY + side,
    st.sampled_from([-20, 0, 0, 14, 16, 30, 44]),
    st.sampled_from([0, 0, 0, -1, 1]),
)
ASKED_AT = [START + days * DAY + side for days in (-20, 0, 14, 16, 30) for side in (-1, 0, 1)]
DELAYS = st.sampled_from([0, 0, 0, 1, DAY, 40 * DAY])


def facts(columns):
    return st.lists(
        st.builds(
            lambda happened_at, delay, words: {"happened_at": happened_at, "known_at": happened_at + delay, **words},
            INSTANTS,
            DELAYS,
            st.fixed_dictionaries({column: st.sampled_from(words) for column, words in columns.items()}),
        ),
        max_size=5,
    )


def leads(without=()):
    tables = {
        "stage_changes": facts({"lifecycle_stage": STAGES}),
        "status_changes": facts({"lead_status": STATUSES, "reason": REASONS}),
        "connect_attempts": facts({"channel": ["phone"], "result": ["connected"], "made_by": ["person", "robot"]}),
    }
    chosen = {name: lists for name, lists in tables.items() if name not in without}
    return st.lists(st.fixed_dictionaries({"created_at": INSTANTS, **chosen}), min_size=1, max_size=3)


HISTORIES = st.sampled_from([(), (), ("stage_changes",), ("status_changes",), ("connect_attempts",)]).flatmap(leads)


@pytest.fixture(scope="module")
def history_from(definitions):
    def build(records):
        told = [
            {"lead_id": f"L{number}", **{name: as_sent(value) for name, value in record.items()}}
            for number, record in enumerate(records)
        ]
        (inline,) = histories_from_records(told, definitions, Arrival(START + 1000 * DAY))
        return inline.history

    return build


def as_sent(value):
    if isinstance(value, list):
        return [{name: as_sent(inner) for name, inner in fact.items() if inner != ""} for fact in value]
    return to_iso(value) if isinstance(value, int) else value


@dataclasses.dataclass(frozen=True)
class Told:
    """A history as the plainest Python has it: the facts of one lead in one table, by time, as dicts."""

    facts: dict
    known_until: int

    def of(self, table, lead):
        return self.facts.get((table, lead), [])


def told_by(history):
    facts = {
        (name, lead): [fact_at(table, row) for row in range(int(table.first[lead]), int(table.first[lead + 1]))]
        for name, table in history.facts.items()
        for lead in range(len(history.lead_ids))
    }
    return Told(facts, history.known_until)


def fact_at(table, row):
    words = {name: None if text.codes[row] < 0 else text.words[text.codes[row]] for name, text in table.texts.items()}
    return {"happened_at": int(table.happened_at[row]), "known_at": int(table.known_at[row]), **words}


def plain_entry(told, lead, as_of, definitions, reach):
    """Whether the lead was there already, and the facts' two times when it next came there."""
    stages = definitions.lifecycle_stages
    beyond, already, entry = stages[stages.index(reach) :], False, None
    for fact in told.of("stage_changes", lead):
        stage = fact["lifecycle_stage"]
        if fact["happened_at"] < as_of:
            already = stage in beyond if stage in stages else already
        elif stage in beyond and entry is None:
            entry = fact
    return already, entry


def plain_outcome(told, lead, as_of, definitions, outcome):
    """Answer, when it closes, whether the lead was worked, and why the answer is not known."""
    within, grace = round(outcome.within_days * DAY), round(outcome.not_returned_within_days * DAY)
    closes, answer, why_not = as_of + within + grace, NO, None
    already, entry = plain_entry(told, lead, as_of, definitions, outcome.reach)
    if already:
        why_not = LeftOut.ALREADY_THERE
    elif entry is not None and entry["happened_at"] < as_of + within:
        back = [
            fact
            for fact in told.of("status_changes", lead)
            if fact["meaning"] == "returned"
            and entry["happened_at"] <= fact["happened_at"] < entry["happened_at"] + grace
        ]
        agreed = {word: reason.policy for word, reason in definitions.return_reasons.items()}
        policies = {agreed.get(fact.get("reason") or "", ReturnPolicy.NEGATIVE) for fact in back}
        answer = NO if policies else YES
        for policy in (ReturnPolicy.CENSORED, ReturnPolicy.EXCLUDED):
            why_not = LeftOut(policy.value) if policy in policies else why_not
        closes = max([closes, *(fact["known_at"] + 1 for fact in [entry, *back])])
    if closes > told.known_until and not already:
        why_not = LeftOut.WINDOW_OPEN
    ends = as_of + within + grace
    worked = any(
        fact["valid"] == "yes" and as_of <= fact["happened_at"] < ends for fact in told.of("connect_attempts", lead)
    )
    return answer if why_not is None else NOT_KNOWN, closes, worked, why_not


def plain_just_after(told, lead, happened_at):
    """What the attributes tell counts only where nothing else happened at that instant."""
    known = {True: [], False: []}
    for (table, of), facts in told.facts.items():
        times = [fact["known_at"] for fact in facts if of == lead and fact["happened_at"] == happened_at]
        known[table.endswith("_attributes")] += times
    return max(known[False] or known[True]) + 1


def asked_of(records):
    """Ask about every lead at every instant."""
    pairs = [(lead, as_of) for as_of in ASKED_AT for lead in range(len(records))]
    return np.array([lead for lead, _ in pairs]), np.array([as_of for _, as_of in pairs])


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.reach)
@given(records=HISTORIES, ends=st.one_of(st.none(), st.sampled_from(ASKED_AT)))
def test_outcomes_are_those_of_a_plain_loop(records, ends, outcome, history_from, definitions):
    history = history_from(records)
    if ends is not None:
        open_for = outcome.within_days + outcome.not_returned_within_days
        history = dataclasses.replace(history, known_until=ends + round(open_for * DAY))
    told, (leads, as_of) = told_by(history), asked_of(records)
    found = find_outcomes(history, leads, as_of, definitions, outcome)
    reasons = [None if place < 0 else list(LeftOut)[place] for place in found.why_not]
    assert list(zip(found.answer.tolist(), found.closed_at.tolist(), found.worked.tolist(), reasons, strict=True)) == [
        plain_outcome(told, lead, instant, definitions, outcome)
        for lead, instant in zip(leads.tolist(), as_of.tolist(), strict=True)
    ]
    assert found.left_out() == {reason: reasons.count(reason) for reason in LeftOut if reasons.count(reason)}


@given(records=HISTORIES, reach=st.sampled_from(["mql", "sql", "customer"]))
def test_entries_are_those_of_a_plain_loop(records, reach, history_from, definitions):
    history = history_from(records)
    told, (leads, as_of) = told_by(history), asked_of(records)
    found = find_entries(history, leads, as_of, definitions, reach)
    never = np.iinfo(np.int64).max
    expected = []
    for lead, instant in zip(leads.tolist(), as_of.tolist(), strict=True):
        already, entry = plain_entry(told, lead, instant, definitions, reach)
        expected.append((already, *((never, never) if entry is None else (entry["happened_at"], entry["known_at"]))))
    assert list(zip(found.already, found.happened_at, found.known_at, strict=True)) == expected


@given(records=HISTORIES)
def test_a_score_is_taken_just_after_all_facts_of_its_instant_as_a_plain_loop_says(records, history_from):
    history = history_from(records)
    told = told_by(history)
    asked = [(lead, fact["happened_at"]) for (_, lead), facts in told.facts.items() for fact in facts]
    found = instants_just_after(history, np.array([lead for lead, _ in asked]), np.array([at for _, at in asked]))
    assert found.tolist() == [plain_just_after(told, lead, happened_at) for lead, happened_at in asked]


def test_a_return_counts_to_the_last_microsecond_of_the_grace_and_no_longer(history_from, definitions):
    """Histories by chance meet this edge now and then; here it is met for certain."""
    for late, expected in ((-1, NO), (0, YES)):
        came = {"happened_at": START, "known_at": START, "lifecycle_stage": "sql"}
        instant = START + 14 * DAY + late
        back = {"happened_at": instant, "known_at": instant, "lead_status": "returned", "reason": "not_ready"}
        record = {"created_at": START, "stage_changes": [came], "status_changes": [back]}
        history = dataclasses.replace(history_from([record]), known_until=START + 400 * DAY)
        found = find_outcomes(history, np.array([0]), np.array([START - DAY]), definitions, OUTCOMES[0])
        assert found.answer.tolist() == [expected]
        assert plain_outcome(told_by(history), 0, START - DAY, definitions, OUTCOMES[0])[0] == expected
