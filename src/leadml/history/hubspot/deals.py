"""Deals of the leads that are attached to them: each change of stage or amount."""

from dataclasses import dataclass
from itertools import groupby

from leadml.history.gathered import Gathered, Text, check_options, in_our_words, instants_of, latest_of
from leadml.history.hubspot.portal import Portal
from leadml.history.hubspot.records import Record
from leadml.history.hubspot.words import AMOUNT, DEAL_STAGE, DEAL_STAGES
from leadml.history.tables import Finding
from leadml.history.told import Told
from leadml.specs.history_spec import SourceSpec


@dataclass(frozen=True)
class _Change:
    """A stage or an amount that a deal took."""

    record: Record
    name: str
    item: int
    timestamp: Text
    value: Text
    rank: int
    instant: int
    readable: bool


def deal_changes_told(portal: Portal, source: SourceSpec, *, where: str) -> Told:
    """Tell each change of a deal to every lead attached to it, with the stage and the amount as they then were.

    HubSpot does not say when a contact was attached; it cannot have been before the contact was created.

    Raises
    ------
    LeadmlError
        `not_in_export`, `only_of_today`.
    """
    check_options(source, (), where=where)
    portal.history("deals", DEAL_STAGE, "deal_changes", where=where)
    newest = {record.record_id: record for record in portal.of("deals").newest()}
    deleted = {one for one, record in newest.items() if record.archived}
    rows = Gathered("deal_changes")
    for deal, own in _by_deal(_changes(portal)):
        if deal in deleted:
            continue
        leads = portal.attached_leads(newest[deal] if deal is not None else own[0].record)
        for change, stage, amount in _timeline(own):
            for lead in leads:
                rows.add(
                    change.record.origin,
                    change.name,
                    change.item,
                    lead_id=lead,
                    happened_at=change.timestamp,
                    known_at=portal.created_at.get(lead),
                    deal_id=deal,
                    deal_stage=stage,
                    amount=amount,
                    sequence=str(change.rank),
                )
    rows.put("known_at", latest_of(rows.column("happened_at"), rows.column("known_at")))
    rows.put("deal_stage", in_our_words(rows.column("deal_stage"), DEAL_STAGES, source, "deal_stage"))
    return rows.told(names={"happened_at": "timestamp", "deal_stage": DEAL_STAGE}, findings=_findings(portal, deleted))


def _changes(portal: Portal) -> list[_Change]:
    changes = []
    for name in (DEAL_STAGE, AMOUNT):
        history = portal.of("deals").history(name)
        instants, readable = instants_of(history.timestamps)
        changes += [
            _Change(
                record,
                name,
                history.items[row],
                history.timestamps[row],
                history.values[row],
                history.ranks[row],
                int(instants[row]),
                bool(readable[row]),
            )
            for row, record in enumerate(history.records)
        ]
    return changes


def _by_deal(changes: list[_Change]) -> list[tuple[Text, list[_Change]]]:
    """Sort changes by deal and time; of equal ones in several answers one is enough."""
    changes = sorted(
        changes, key=lambda one: (one.record.record_id or "", one.instant, one.name, one.rank, one.value or "")
    )
    return [(deal, list(own)) for deal, own in groupby(changes, key=lambda one: one.record.record_id)]


def _timeline(changes: list[_Change]) -> list[tuple[_Change, Text, Text]]:
    """Give each change with the stage and the amount of the deal after it; once for each stage of an instant."""
    told: list[tuple[_Change, Text, Text]] = []
    stage: Text = None
    amount: Text = None
    staged = False
    for _, together in groupby((one for one in changes if one.readable), key=lambda one: one.instant):
        now = list(together)
        amounts = [one for one in now if one.name == AMOUNT]
        amount = amounts[-1].value if amounts else amount
        entered = {one.value: one for one in reversed(now) if one.name == DEAL_STAGE}
        for one in reversed(entered.values()):
            told.append((one, one.value, amount))
            stage, staged = one.value, True
        if staged and not entered:
            told.append((amounts[-1], stage, amount))
    # A time that cannot be read is left to the pipeline to find.
    for one in changes:
        if not one.readable:
            told.append((one, one.value, None) if one.name == DEAL_STAGE else (one, stage, one.value))
    return told


def _findings(portal: Portal, deleted: set[Text]) -> list[Finding]:
    """Count deals that say nothing: deleted, attached to nobody, without history."""
    deals = portal.of("deals")
    there = [record for record in deals.newest() if record.record_id not in deleted]
    with_stage = {record.record_id for record in deals.history(DEAL_STAGE).records}
    with_amount = {record.record_id for record in deals.history(AMOUNT).records}
    return [
        Finding("deal_changes", "archived_deals", len(deleted)),
        Finding("deal_changes", "deal_without_lead", sum(not portal.attached_leads(record) for record in there)),
        Finding("deal_changes", "deal_without_history", sum(record.record_id not in with_stage for record in there)),
        Finding(
            "deal_changes",
            "amount_of_today",
            sum(AMOUNT in record.properties and record.record_id not in with_amount for record in there),
        ),
        Finding("deal_changes", "history_may_be_cut", deals.histories_at_their_limit),
    ]
