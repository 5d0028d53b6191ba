"""Leaks planted in a demo CRM on purpose: a check that has never seen its fault is not known to work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from leadml.demo.generate import DemoCrm
from leadml.leakage.findings import GRADES, AuditReport, Grade
from leadml.specs.history_spec import HistorySpec

_HAND_OVER = "salesqualifiedlead"
_FACTS = ("activities", "stage_changes", "status_changes", "assignments", "deal_changes", "connect_attempts",
          "attribute_changes")  # fmt: skip

Plant = Callable[[DemoCrm, np.random.Generator], DemoCrm]


@dataclass(frozen=True)
class Leak:
    """One kind of leak, and what the audit must say of it.

    Parameters
    ----------
    plant : callable
        Takes a clean CRM and a random generator, gives the CRM with the leak.
    name : str
        The finding's name must begin with it.
    codes : tuple of str
        Any of these codes is right.
    grade : Grade
        At least this grave.
    why : str
        Why not an error, where it is none.
    also : str
        The names of the other errors that follow from it begin with this.
    """

    plant: Plant
    name: str
    codes: tuple[str, ...]
    grade: Grade = Grade.ERROR
    why: str = ""
    also: str = "-"

    def caught(self, report: AuditReport) -> bool:
        """Tell whether the audit says what it must, at least as gravely."""
        return any(
            finding.name.startswith(self.name)
            and finding.code in self.codes
            and GRADES.index(finding.grade) <= GRADES.index(self.grade)
            for finding in report.findings
        )

    def false_alarms(self, report: AuditReport) -> list[str]:
        """Name the errors on columns that do not leak."""
        return [error.name for error in report.errors if not error.name.startswith((self.name, self.also))]


def handed_over_at(crm: DemoCrm) -> pd.Series:
    """When each lead of the table leads was first handed over to sales; NaT where it was not."""
    stages = crm.tables["stage_changes"]
    first = stages[stages["lifecycle_stage"] == _HAND_OVER].groupby("lead_id")["happened_at"].min()
    return crm.tables["leads"]["id"].map(first)


def reading_all(spec: HistorySpec, crm: DemoCrm) -> HistorySpec:
    """Let history.yaml read every column of the table leads: those that it does not know are attributes.

    Parameters
    ----------
    spec : HistorySpec
        Of the demo project.
    crm : DemoCrm

    Returns
    -------
    spec : HistorySpec
    """
    (source,) = spec.tables.leads
    known = {*source.columns.values(), *source.attributes.values()}
    more = {column: column for column in crm.tables["leads"].columns if column not in known}
    source = source.model_copy(update={"attributes": {**source.attributes, **more}})
    return spec.model_copy(update={"tables": spec.tables.model_copy(update={"leads": (source,)})})


def _with(crm: DemoCrm, **tables: pd.DataFrame) -> DemoCrm:
    return replace(crm, tables={**crm.tables, **tables})


def _attribute(crm: DemoCrm, **columns: ArrayLike) -> DemoCrm:
    """Add columns to the table leads: attributes without history."""
    return _with(
        crm, leads=crm.tables["leads"].assign(**{name: np.asarray(values) for name, values in columns.items()})
    )


def _more(crm: DemoCrm, table: str, leads: pd.Series, at: pd.Series, **columns: object) -> DemoCrm:
    """Add facts, each known at once."""
    facts = pd.DataFrame({"lead_id": leads, "happened_at": at, "known_at": at, **columns})
    return _with(crm, **{table: pd.concat([crm.tables[table], facts], ignore_index=True)})


def _handed(crm: DemoCrm) -> tuple[pd.Series, pd.Series]:
    """Ids and instants of the leads that were handed over."""
    at = handed_over_at(crm)
    return crm.tables["leads"]["id"][at.notna()], at[at.notna()]


def _last_fact(crm: DemoCrm) -> pd.Series:
    """When each lead was last heard of, by any table."""
    every = pd.concat([crm.tables[name][["lead_id", "happened_at"]] for name in _FACTS])
    return crm.tables["leads"]["id"].map(every.groupby("lead_id")["happened_at"].max())


def _contract_number(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    numbers = pd.Series("K" + pd.Series(random.permutation(len(crm.tables["leads"]))).astype(str))
    return _attribute(crm, contract_number=numbers.where(handed_over_at(crm).notna()))


def _sometimes_filled(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    filled = handed_over_at(crm).notna() & (random.random(len(crm.tables["leads"])) < 0.4)
    return _attribute(crm, budget_talk=pd.Series(random.choice(["yes", "later"], len(filled))).where(filled))


def _status_today(crm: DemoCrm, _random: np.random.Generator) -> DemoCrm:
    return _attribute(crm, status_today=np.where(handed_over_at(crm).notna(), "converted", "open"))


def _reason_of_rejection(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    given = handed_over_at(crm).isna() & (random.random(len(crm.tables["leads"])) < 0.7)
    return _attribute(crm, rejected_because=pd.Series(random.choice(["budget", "fit"], len(given))).where(given))


def _call_seconds(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    handed = handed_over_at(crm).notna()
    return _attribute(crm, call_seconds=np.exp(random.normal(5 + 1.6 * handed, 0.5)).round())


def _score_of_today(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    """Read the CRM's own score today: it has risen since the hand-over."""
    handed = handed_over_at(crm).notna()
    return _attribute(crm, crm_score=np.clip(random.normal(30 + 45 * handed, 15), 0, 100).round())


def _converted_on(crm: DemoCrm, _random: np.random.Generator) -> DemoCrm:
    return _attribute(crm, converted_on=handed_over_at(crm).dt.strftime("%Y-%m-%d"))


def _last_seen(crm: DemoCrm, _random: np.random.Generator) -> DemoCrm:
    return _attribute(crm, last_seen=_last_fact(crm).dt.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _total_of_activities(crm: DemoCrm, _random: np.random.Generator) -> DemoCrm:
    counts = crm.tables["activities"].drop_duplicates()["lead_id"].value_counts()
    return _attribute(crm, activities_in_all=crm.tables["leads"]["id"].map(counts).fillna(0).astype(int))


def _total_of_contacts(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    """Count over several tables until today, and not quite as they do."""
    every = pd.concat([crm.tables[name]["lead_id"] for name in _FACTS]).value_counts()
    counts = crm.tables["leads"]["id"].map(every).fillna(0).to_numpy()
    return _attribute(crm, contacts_in_all=random.binomial(counts.astype(int), 0.8))


def _logins(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    """Count what nothing in the history explains: it only grows while time passes."""
    created = crm.tables["leads"]["created"]
    days = (created.max() - created).dt.days.to_numpy()
    return _attribute(crm, logins=random.poisson(days * random.gamma(2.0, 0.05, len(days))))


def _encoded_segment(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    handed = handed_over_at(crm).notna()
    segment = pd.Series(random.integers(0, 12, len(handed)))
    return _attribute(crm, segment_value=handed.groupby(segment).transform("mean").round(6))


def _owner_today(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    usual = random.choice(["north", "south", "inbox"], len(crm.tables["leads"]))
    return _attribute(crm, owner_today=np.where(handed_over_at(crm).notna(), "key_accounts", usual))


def _account_id(crm: DemoCrm, _random: np.random.Generator) -> DemoCrm:
    leads = crm.tables["leads"]
    return _with(crm, leads=leads.assign(company=leads["company"].where(handed_over_at(crm).notna())))


def _filled_after(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    ids, at = _handed(crm)
    later = at + pd.to_timedelta(random.integers(1, 48, len(at)), unit="h")
    return _more(crm, "attribute_changes", ids, later.dt.as_unit("us"), attribute="payment_terms", value="30")


def _stamped(crm: DemoCrm, _random: np.random.Generator) -> DemoCrm:
    ids, at = _handed(crm)
    return _more(crm, "activities", ids, at, activity="record_converted", channel="web")


def _onboarding(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    ids, at = _handed(crm)
    later = at + pd.to_timedelta(random.integers(1, 20, len(at)), unit="D")
    return _more(crm, "activities", ids, later.dt.as_unit("us"), activity="onboarding_mail", channel="email")


def _back_dated(crm: DemoCrm, _random: np.random.Generator) -> DemoCrm:
    """Import facts of the hand-over with the date of the lead."""
    ids, _ = _handed(crm)
    created = crm.tables["leads"].set_index("id")["created"].loc[ids].set_axis(ids.index)
    at = (created + pd.to_timedelta(1, unit="h")).dt.as_unit("us")
    return _more(crm, "activities", ids, at, activity="contract_sent", channel="email")


def _success_queue(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    stages, ids = crm.tables["stage_changes"], crm.tables["leads"]["id"]
    returned = stages[stages["reason"].notna()]["lead_id"]
    at = handed_over_at(crm)
    kept = at.notna() & ~ids.isin(returned)
    later = at[kept] + pd.to_timedelta(random.integers(1, 600, int(kept.sum())), unit="s")
    return _more(crm, "assignments", ids[kept], later.dt.as_unit("us"), owner="customer_success")


def _renamed(crm: DemoCrm, new: np.ndarray) -> DemoCrm:
    """Give every lead another id, everywhere."""
    new_of = dict(zip(crm.tables["leads"]["id"], new, strict=True))
    tables = {name: crm.tables[name].assign(lead_id=crm.tables[name]["lead_id"].map(new_of)) for name in _FACTS}
    return _with(crm, leads=crm.tables["leads"].assign(id=new), **tables)


def _ids_in_order_of_success(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    handed = handed_over_at(crm).notna().to_numpy()
    place = np.empty(len(handed), dtype=np.int64)
    place[np.lexsort((random.random(len(handed)), ~handed))] = np.arange(len(handed))
    return _renamed(crm, np.array([f"L{number:06}" for number in place]))


def _ids_of_two_objects(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    """Export a lead that was converted under the id of its contact."""
    prefix = np.where(handed_over_at(crm).notna(), "003", "00Q")
    rest = random.permutation(len(prefix))
    return _renamed(crm, np.array([f"{first}{number:08}" for first, number in zip(prefix, rest, strict=True)]))


def _same_mail(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    """Every fifth of the latest leads came before, under another id."""
    number = len(crm.tables["leads"])
    person = np.arange(number)
    again = np.flatnonzero((person > 0.55 * number) & (random.random(number) < 0.2))
    person[again] = random.choice(number // 3, len(again), replace=False)
    return _attribute(crm, mail=[f"person{place}@example.org" for place in person])


def _exported_twice(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    """Write a tenth of the leads twice, with all their facts, under a second id."""
    ids = crm.tables["leads"]["id"]
    twice = set(ids[random.random(len(ids)) < 0.1])
    tables = {}
    for name, column in (("leads", "id"), *((table, "lead_id") for table in _FACTS)):
        table = crm.tables[name]
        copies = table[table[column].isin(twice)]
        tables[name] = pd.concat([table, copies.assign(**{column: copies[column] + "x"})], ignore_index=True)
    return _with(crm, **tables)


def _before_creation(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    activities = crm.tables["activities"].copy()
    created = crm.tables["leads"].set_index("id")["created"].loc[activities["lead_id"]].to_numpy()
    moved = random.random(len(activities)) < 0.05
    for column in ("happened_at", "known_at"):
        early = pd.Series(created).dt.as_unit("us") - pd.Timedelta(days=20)
        early = early.dt.tz_localize("UTC") if early.dt.tz is None else early
        activities[column] = activities[column].where(~moved, early)
    return _with(crm, activities=activities)


def _owners_of_today(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    """Who owns the lead today, with the date of the lead: the table knows no past."""
    leads = crm.tables["leads"]
    today = pd.DataFrame(
        {
            "lead_id": leads["id"],
            "happened_at": leads["created"],
            "known_at": leads["created"],
            "owner": random.choice(["aoki", "baumann", "chiba"], len(leads)),
            "accepted_at": pd.NaT,
        }
    )
    return _with(crm, assignments=today)


def _known_at_import(crm: DemoCrm, _random: np.random.Generator) -> DemoCrm:
    activities = crm.tables["activities"]
    return _with(crm, activities=activities.assign(known_at=activities["known_at"].max()))


def _never_told_late(crm: DemoCrm, _random: np.random.Generator) -> DemoCrm:
    activities = crm.tables["activities"]
    return _with(crm, activities=activities.assign(known_at=activities["happened_at"]))


def _due_dates(crm: DemoCrm, random: np.random.Generator) -> DemoCrm:
    """Meetings that are planned, written down as if they had happened."""
    ids = crm.tables["leads"]["id"].sample(30, random_state=int(random.integers(1_000_000)))
    end = crm.tables["activities"]["happened_at"].max()
    at = pd.Series(end + pd.to_timedelta(random.integers(110, 140, len(ids)), unit="D"), index=ids.index)
    return _more(crm, "activities", ids, at.dt.as_unit("us"), activity="meeting_planned", channel="event")


_DATED = "its dates are true and later than the outcome, so no score can see it"

LEAKS: Mapping[str, Leak] = {
    "filled after the outcome, without history": Leak(_contract_number, "leads.contract_number", ("only_when_ready",)),
    "filled after the outcome for some": Leak(_sometimes_filled, "leads.budget_talk", ("only_when_ready",)),
    "a word that restates the outcome": Leak(_status_today, "leads.status_today", ("only_ready",)),
    "a word found only without the outcome": Leak(
        _reason_of_rejection, "leads.rejected_because", ("never_when_ready", "never_ready", "too_good")
    ),
    "a number too good for its set": Leak(_call_seconds, "leads.call_seconds", ("too_good",)),
    "the CRM's own score, read today": Leak(_score_of_today, "leads.crm_score", ("too_good",)),
    "the date of the outcome": Leak(_converted_on, "leads.converted_on", ("only_when_ready", "date_ahead")),
    "a date from after the snapshot": Leak(_last_seen, "leads.last_seen", ("date_ahead",)),
    "a total of today": Leak(_total_of_activities, "leads.activities_in_all", ("is_a_total",)),
    "a total of today over several tables": Leak(_total_of_contacts, "leads.contacts_in_all", ("counts_future",)),
    "a total that only grows": Leak(
        _logins, "leads.logins", ("grows_with_time",), Grade.WARNING, "it goes with time, not with the outcome"
    ),
    "a column encoded with the outcome": Leak(_encoded_segment, "leads.segment_value", ("target_encoded",)),
    "an owner assigned on success, without history": Leak(_owner_today, "leads.owner_today", ("only_ready",)),
    "an account made on success": Leak(_account_id, "leads.company_id", ("only_when_ready",), also="companies."),
    "ids in the order of success": Leak(_ids_in_order_of_success, "leads.lead_id", ("id_order",)),
    "ids with a prefix of success": Leak(_ids_of_two_objects, "leads.lead_id", ("id_first", "id_order")),
    "one person on both sides of the gap": Leak(_same_mail, "leads.mail", ("same_lead_twice",)),
    "facts of the outcome, back-dated": Leak(
        _back_dated, "activities.activity=contract_sent", ("only_ready", "only_when_ready")
    ),
    "leads exported twice": Leak(
        _exported_twice,
        "activities.happened_at",
        ("same_lead_twice",),
        Grade.WARNING,
        "both copies lie on the same side of the gap",
    ),
    "an attribute filled after the outcome, dated": Leak(
        _filled_after, "leads.payment_terms", ("filled_after_outcome",), Grade.WARNING, _DATED
    ),
    "facts dated exactly at the outcome": Leak(
        _stamped, "activities.activity=record_converted", ("dated_at_outcome",), Grade.WARNING, _DATED
    ),
    "activities that begin with the outcome": Leak(
        _onboarding, "activities.activity=onboarding_mail", ("only_after_outcome",), Grade.WARNING, _DATED
    ),
    "a queue assigned on success, dated": Leak(
        _success_queue, "assignments.owner=customer_success", ("owner_on_success",), Grade.WARNING, _DATED
    ),
    "facts dated before their lead": Leak(
        _before_creation, "activities.known_at", ("back_dated",), Grade.WARNING, "early, but not about the outcome"
    ),
    "today's state told as the past": Leak(
        _owners_of_today, "assignments.happened_at", ("todays_state",), Grade.WARNING, "it need not tell the outcome"
    ),
    "a table read at the export": Leak(
        _known_at_import,
        "activities.known_at",
        ("known_at_import",),
        Grade.WARNING,
        "scores see too little, not too much",
    ),
    "a table that was never told late": Leak(
        _never_told_late, "activities.known_at", ("never_late",), Grade.NOTE, "some tables really are told at once"
    ),
    "plans written down as facts": Leak(
        _due_dates, "activities.happened_at", ("after_the_end",), Grade.WARNING, "no score before them can see them"
    ),
}
