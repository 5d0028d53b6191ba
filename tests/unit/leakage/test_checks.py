"""Questions of the audit that no planted leak of the demo asks, and honest sets that it must leave alone."""

from dataclasses import replace

import numpy as np
import pytest

from leadml.clock import DAY, now
from leadml.dataset import make_training_set
from leadml.leakage.audit import audit, gravest
from leadml.leakage.checks import (
    future,
    growing_totals,
    ids,
    late_snapshots,
    restates,
    target_encoded,
    too_good,
    twins,
)
from leadml.leakage.columns import gather
from leadml.leakage.evidence import Column, Origin, even_share
from leadml.leakage.findings import Grade
from leadml.leakage.statistics import auc_at, ranking_within


def grades_of(findings):
    return {finding.name: (finding.code, finding.grade) for finding in gravest(findings)}


def on_facts(evidence, name, **changes):
    """Give a table of the evidence's history other arrays."""
    table = replace(evidence.history.facts[name], **changes)
    return replace(evidence, history=replace(evidence.history, facts={**evidence.history.facts, name: table}))


def test_the_clean_demo_has_no_error_and_no_warning(demo_history, demo_training_set, spec):
    report = audit(demo_history, demo_training_set, spec)
    assert [finding.name for finding in report.findings if finding.grade is not Grade.NOTE] == []
    assert report.columns > 50
    notes = {finding.name for finding in report.findings if finding.code == "without_history"}
    assert {"leads.source", "companies.employees"} <= notes
    assert "leads.title_level" not in notes  # its changes are dated


def test_an_honest_column_of_auc_089_among_strong_others_is_no_error(with_columns, apart, evidence):
    strong = {f"honest_{number}": apart(size, number) for number, size in enumerate((1.73, 0.9, 0.7, 0.5, 0.4, 0.0))}
    honest = with_columns(**strong)
    assert ranking_within(evidence.compared, strong["honest_0"]).auc == pytest.approx(0.89, abs=0.02)
    assert too_good.find(honest) == []


def test_the_same_column_among_weak_others_is_an_error(with_columns, apart):
    weak = {f"weak_{number}": apart(0.1, number) for number in range(1, 6)}
    found = grades_of(too_good.find(with_columns(call_seconds=apart(1.73, 0), **weak)))
    assert found == {"leads.call_seconds": ("too_good", Grade.ERROR)}


def test_two_leaks_that_say_the_same_do_not_excuse_each_other(with_columns, apart):
    leaks = {"seconds": apart(3.0, 1), "minutes": apart(2.2, 2), "cents": apart(1.8, 3)}
    found = grades_of(too_good.find(with_columns(noise=apart(0.0, 4), **leaks)))
    assert found == {f"leads.{name}": ("too_good", Grade.ERROR) for name in leaks}


def test_dated_facts_need_more_than_an_attribute_to_be_doubted(with_columns, apart):
    evidence = with_columns(calls=apart(1.5, 0), noise=apart(0.0, 1))
    dated = replace(evidence, columns=tuple(replace(column, origin=Origin.DATED) for column in evidence.columns))
    assert grades_of(too_good.find(evidence)) == {"leads.calls": ("too_good", Grade.ERROR)}
    assert grades_of(too_good.find(dated)) == {"leads.calls": ("too_good", Grade.WARNING)}


def test_a_word_of_unlucky_leads_is_a_warning_and_one_that_marks_most_of_them_an_error(evidence):
    ready, random = evidence.ready_leads, np.random.default_rng(1)
    for share, grade in ((0.2, Grade.WARNING), (0.6, Grade.ERROR)):
        lost = (ready == 0) & (random.random(len(ready)) < share)
        codes = np.where(lost, 1, 2)[evidence.compared.leads]
        column = Column("leads", "state", Origin.UNDATED, codes, ("lost", "open"))
        (found,) = restates.find(replace(evidence, columns=(column,)))
        assert (found.code, found.grade, found.values["value"]) == ("never_ready", grade, "lost")
        assert found.values["ready"] == 0 < 20 < found.values["expected"]


def test_a_lucky_word_of_few_leads_is_nothing(evidence):
    lucky = np.zeros(len(evidence.ready_leads), dtype=np.int64)
    lucky[np.flatnonzero(evidence.ready_leads)[:11]] = 1
    column = Column("leads", "word", Origin.UNDATED, lucky[evidence.compared.leads] + 1, ("usual", "lucky"))
    assert restates.find(replace(evidence, columns=(column,))) == []


def test_an_honest_rate_learned_elsewhere_is_not_encoded_with_the_outcome(with_columns, evidence):
    random = np.random.default_rng(3)
    group = random.integers(0, 12, len(evidence.ready_leads))
    true_rate = evidence.ready_leads.mean() + random.normal(0, 0.1, 12)
    own_mean = np.bincount(group, evidence.ready_leads) / np.bincount(group)
    assert target_encoded.find(with_columns(rate=true_rate[group][evidence.compared.leads])) == []
    (found,) = target_encoded.find(with_columns(rate=own_mean[group][evidence.compared.leads]))
    assert (found.code, found.grade) == ("target_encoded", Grade.ERROR)


def test_a_number_that_foresees_activity_only_through_the_outcome_is_no_total(with_columns, apart):
    assert growing_totals.find(with_columns(strong=apart(2.0, 1))) == []


def test_facts_in_the_future_are_an_error(evidence):
    table = evidence.history.facts["activities"]
    happened_at = table.happened_at.copy()
    happened_at[-1] = now() + 400 * DAY
    error, warning = future.find(on_facts(evidence, "activities", happened_at=happened_at))
    assert (error.code, error.grade, error.name) == ("in_future", Grade.ERROR, "activities.happened_at")
    assert (warning.code, warning.grade, error.values["facts"]) == ("after_the_end", Grade.WARNING, 1)


def test_a_history_that_thins_out_at_its_end_has_no_late_facts(evidence):
    assert future.find(evidence) == []


def test_snapshots_after_the_outcome_are_an_error(demo_history, demo_training_set, spec):
    late = replace(demo_training_set.snapshots, as_of=demo_training_set.snapshots.as_of + 60 * DAY)
    evidence = gather(demo_history, replace(demo_training_set, snapshots=late), spec)
    found = grades_of(late_snapshots.find(evidence))
    assert found["snapshots.as_of"] == ("snapshot_after_outcome", Grade.ERROR)
    assert found["snapshots.ready"] == ("answer_without_fact", Grade.ERROR)


def test_answers_that_were_swapped_are_an_error(evidence):
    swapped = replace(evidence.training_set, ready=1 - evidence.training_set.ready)
    found = grades_of(late_snapshots.find(replace(evidence, training_set=swapped)))
    assert found == {"snapshots.ready": ("answer_without_fact", Grade.ERROR)}


def test_leads_in_the_order_of_their_outcome_are_an_error(evidence):
    order = np.argsort(-evidence.ready_leads[evidence.compared.leads], kind="stable")
    created_at = np.empty(len(order), np.int64)
    created_at[order] = np.arange(len(order)) * DAY
    sorted_set = replace(evidence.training_set, created_at=created_at)
    found = grades_of(ids.find(replace(evidence, training_set=sorted_set)))
    assert found["leads.created_at"] == ("sorted_by_outcome", Grade.ERROR)


def test_the_last_character_of_an_id_may_tell_too(evidence):
    ready = np.zeros(len(evidence.history.lead_ids), dtype=bool)
    ready[evidence.positions] = evidence.ready_leads > 0
    last = np.where(ready, "1", "0")
    named = tuple(f"{lead_id}{end}" for lead_id, end in zip(evidence.history.lead_ids, last, strict=True))
    found = grades_of(ids.find(replace(evidence, history=replace(evidence.history, lead_ids=named))))
    assert found["leads.lead_id"] == ("id_last", Grade.ERROR)


def test_numbers_that_meet_by_chance_make_no_twins(history_of, evidence):
    random = np.random.default_rng(2)
    rows = [f"L{number:04},2026-01-01T00:00:00Z,{random.integers(4000)}" for number in range(600)]
    history = history_of(leads="lead_id,created_at,employees\n" + "\n".join(rows))
    assert twins.find(replace(evidence, history=history)) == []


@pytest.mark.parametrize("leads", [3, 40])
def test_a_tiny_history_can_be_audited(history_of, spec, leads):
    created = "\n".join(f"L{number:02},2026-01-01T00:00:00Z,{number}" for number in range(leads))
    stages = "\n".join(f"L{number:02},2026-01-{2 + number % 9:02}T00:00:00Z,mql" for number in range(leads))
    history = history_of(
        leads="lead_id,created_at,number\n" + created,
        stage_changes="lead_id,happened_at,lifecycle_stage\n" + stages + "\nL00,2026-01-20T00:00:00Z,sql",
        activities="lead_id,happened_at,activity\nL00,2026-05-01T00:00:00Z,page_view",
    )
    report = audit(history, make_training_set(history, spec), spec)
    assert report.errors == ()
    assert report.leads == leads


def test_of_very_many_leads_an_even_share_is_looked_at(training_set_of, monkeypatch):
    monkeypatch.setattr("leadml.leakage.evidence._MOST_LEADS", 30)
    leads = np.repeat(np.arange(100), 2)
    share = even_share(training_set_of(leads=leads, ready=leads % 2, ages=np.tile([0, 1], 100)))
    assert share.leads == 25
    assert len(share) == 50
    assert auc_at(0) == 0.5
