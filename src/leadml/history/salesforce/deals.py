"""Opportunities of the leads they belong to: each change of stage or amount, and the stages that follow from them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from leadml.errors import LeadmlError
from leadml.history.gathered import (
    AnyOrigin,
    Gathered,
    Text,
    check_options,
    in_our_words,
    instants_of,
    latest_of,
    text_option,
)
from leadml.history.salesforce.field_history import field_changes
from leadml.history.salesforce.objects import Columns
from leadml.history.salesforce.people import People
from leadml.history.salesforce.timelines import Timelines
from leadml.history.salesforce.words import DEAL_STAGES, WON, yes
from leadml.history.tables import Finding
from leadml.history.told import Told
from leadml.specs.history_spec import SourceSpec

_STAGE, _AMOUNT = "StageName", "Amount"


@dataclass(frozen=True)
class _Change:
    """An opportunity was in a stage, with an amount."""

    deal: Text
    at: Text
    stage: Text
    amount: Text
    origin: AnyOrigin
    detail: str
    rank: int


def deal_changes_told(people: People, source: SourceSpec, *, where: str) -> Told:
    """Tell each change of an opportunity to every lead it belongs to, known to that lead once it belongs to it.

    Parameters
    ----------
    people : People
    source : SourceSpec
        Option `tracked_since`: when the history of opportunities' fields was switched on.
    where : str
        Said in errors.

    Returns
    -------
    told : Told

    Raises
    ------
    LeadmlError
        `not_in_export`.
    """
    check_options(source, ("tracked_since",), where=where)
    if not {"OpportunityHistory", "OpportunityFieldHistory"} & people.objects.columns.keys():
        missing = "OpportunityHistory, OpportunityFieldHistory"
        raise LeadmlError("not_in_export", where=where, table="deal_changes", missing=missing)
    changes, findings = _changes(people, text_option(source, "tracked_since", where=where))
    rows = Gathered("deal_changes")
    _add(rows, people, changes, lambda one: {"deal_id": one.deal, "deal_stage": one.stage, "amount": one.amount})
    rows.put("deal_stage", in_our_words(rows.column("deal_stage"), DEAL_STAGES, source, "deal_stage"))
    without = {one.deal for one in changes if one.deal not in people.leads_of_deal}
    findings.append(Finding("deal_changes", "deal_without_lead", len(without)))
    return rows.told(names={"happened_at": "CreatedDate", "deal_stage": _STAGE, "amount": _AMOUNT}, findings=findings)


def stages_of_deals(rows: Gathered, people: People, won: str, stage_of: Mapping[str, str]) -> None:
    """Add the lifecycle stages that deal stages stand for: a won deal makes a customer.

    Parameters
    ----------
    rows : Gathered
        Of the table `stage_changes`.
    people : People
    won : str
        The lifecycle stage of a won deal; `none`: it is none.
    stage_of : mapping of deal stage to lifecycle stage
    """
    deals = people.objects.of("Opportunity")
    is_won = yes(deals.of("IsWon"))
    entered_by_winning = {WON, *(stage for stage, won_it in zip(deals.of(_STAGE), is_won, strict=True) if won_it)}
    meant = {**{stage: won for stage in entered_by_winning if stage is not None}, **stage_of}
    stages = {stage: word for stage, word in meant.items() if word != "none"}
    changes, _ = _changes(people, None)
    entered = [one for one in changes if one.stage in stages]
    _add(rows, people, entered, partial(_as_stage, stages))


def _as_stage(stages: Mapping[str, str], change: _Change) -> dict[str, Text]:
    return {"lifecycle_stage": stages.get(change.stage or ""), "reason": "deal"}


def _add(rows: Gathered, people: People, changes: list[_Change], said: Callable[[_Change], Mapping[str, Text]]) -> None:
    """Tell changes to every lead to which their deal belongs."""
    told = [(one, link) for one in changes for link in people.leads_of_deal.get(one.deal or "", ())]
    known = latest_of([one.at for one, _ in told], [link.since for _, link in told])
    for (one, link), known_at in zip(told, known, strict=True):
        rows.add(
            one.origin,
            one.detail,
            lead_id=link.lead,
            happened_at=one.at,
            known_at=known_at,
            sequence=str(one.rank),
            **said(one),
        )


def _changes(people: People, tracked_since: Text) -> tuple[list[_Change], list[Finding]]:
    """Give the changes of all deals: from OpportunityHistory, which is always kept, else from the tracked fields."""
    deals, always = people.objects.of("Opportunity"), people.objects.of("OpportunityHistory")
    ids, deleted = deals.of("Id"), yes(deals.of("IsDeleted"))
    gone = {one for one, is_deleted in zip(ids, deleted, strict=True) if is_deleted}
    told = {one for one in always.of("OpportunityId") if one is not None} - gone
    changes = list(_as_kept(always, gone))
    repeated = sum(one is not None and one not in gone for one in always.of("OpportunityId")) - len(changes)
    tracked = field_changes(people.objects.of("OpportunityFieldHistory"), "OpportunityId", {*gone, *told})
    rows = [row for row, one in enumerate(ids) if one not in gone and one not in told]
    stages = Timelines(deals, rows, tracked, _STAGE, _STAGE, tracked_since)
    changes += _as_tracked(stages, Timelines(deals, rows, tracked, _AMOUNT, _AMOUNT, tracked_since))
    return changes, [
        Finding("deal_changes", "archived_deals", len(gone)),
        Finding("deal_changes", "says_the_same", repeated),
        Finding("deal_changes", "before_tracking", stages.before_tracking),
        Finding("deal_changes", "deal_without_history", stages.unknown),
    ]


def _as_kept(history: Columns, gone: set[Text]) -> Iterator[_Change]:
    """Read OpportunityHistory: a row for each change, with the stage and the amount after it."""
    deals, times = history.of("OpportunityId"), history.of("CreatedDate")
    stages, amounts = history.of(_STAGE), history.of(_AMOUNT)
    deleted = yes(history.of("IsDeleted"))
    instants, readable = instants_of(times)
    order = [row for row in range(len(history)) if deals[row] not in gone and not deleted[row]]
    order.sort(key=lambda row: (deals[row] or "", readable[row], instants[row], stages[row] or "", amounts[row] or ""))
    for _, own in groupby(order, key=lambda row: deals[row]):
        before: tuple[Text, Text] | None = None
        for row in own:
            now = (stages[row], amounts[row])
            # Another field may have changed; a time that cannot be read is left to the pipeline to find.
            if now != before or not readable[row]:
                yield _Change(deals[row], times[row], *now, history.origins[row], "", 0)
            before = now if readable[row] else before


def _as_tracked(stages: Timelines, amounts: Timelines) -> Iterator[_Change]:
    """Put stages and amounts of tracked fields together."""
    said = [(one, True) for one in stages.said()] + [(one, False) for one in amounts.said()]
    instants, readable = instants_of([one.at for one, _ in said])
    order = sorted(
        range(len(said)), key=lambda place: (said[place][0].owner or "", instants[place], said[place][0].rank)
    )
    for _, own in groupby(order, key=lambda place: said[place][0].owner):
        stage: Text = None
        amount: Text = None
        staged = False
        for _, together in groupby(own, key=lambda place: (bool(readable[place]), int(instants[place]))):
            now = [said[place] for place in together]
            amount = next((one.value for one, is_stage in reversed(now) if not is_stage), amount)
            entered = [one for one, is_stage in now if is_stage]
            for one in entered:
                yield _Change(one.owner, one.at, one.value, amount, one.origin, one.detail, one.rank)
                stage, staged = one.value, True
            if staged and not entered:
                one = now[-1][0]
                yield _Change(one.owner, one.at, stage, amount, one.origin, one.detail, one.rank)
