"""Does the leakage audit find what leaks, and only that? Planted leaks, clean demo CRMs, three real sets.

Run: python benchmarks/audit.py [--quick] [--data DIR]
Each bar ends in one line: bar <name> <value> <target> ok|short; the exit code is 1 when one is short.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from telling.bars import Bars

from leadml.clock import DAY, MINUTE, SECOND, Instants
from leadml.dataset import TrainingSet, make_training_set
from leadml.demo.generate import DemoCrm, generate, write
from leadml.demo.leaks import LEAKS, reading_all
from leadml.history.build import Rows, build_history, encoded
from leadml.history.tables import History, TextColumn
from leadml.leakage.audit import audit
from leadml.leakage.findings import AuditReport
from leadml.project import Project
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.history_spec import SourceSpec
from leadml.specs.project_spec import ProjectSpec
from leadml.specs.readiness_spec import SnapshotSpec
from leadml.specs.reading import Label

ROOT = Path(__file__).resolve().parent.parent
CLEAN_SEEDS, QUICK_CLEAN_SEEDS = 100, 4
CLEAN_LEADS, CLEAN_MONTHS = 1000, 18
PLANTED_SEEDS, QUICK_PLANTED_SEEDS = (7, 8, 9), (7,)
PLANTED_LEADS, PLANTED_MONTHS = 1000, 12
SECONDS_OF_DEMO, SECONDS_OF_BPI2012 = 3.0, 5.0
LEAKS_OF_BANK = ("duration",)
MACRO_OF_BANK = ("emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed")


@dataclass(frozen=True)
class Audited:
    """What the audit said, and how many seconds of the processor it took: neighbours must not decide a bar."""

    report: AuditReport
    seconds: float

    @property
    def errors(self) -> set[str]:
        """Columns with an error."""
        return {finding.column for finding in self.report.errors}


def audited(history: History, training_set: TrainingSet, spec: ProjectSpec) -> Audited:
    """Audit and time it."""
    start = time.process_time()
    return Audited(audit(history, training_set, spec), time.process_time() - start)


def audit_project(project: Project) -> Audited:
    """Audit a project with its own settings."""
    return audited(project.history, project.training_set(), project.spec)


def audit_demo(crm: DemoCrm) -> Audited:
    """Write a demo CRM, read it back by the project at the root, and audit it."""
    with tempfile.TemporaryDirectory() as folder:
        write(crm, Path(folder))
        project = Project(ROOT, data=folder)
        project.spec = replace(project.spec, history=reading_all(project.spec.history, crm))
        return audit_project(project)


def planted(bars: Bars, seeds: Sequence[int]) -> None:
    """Plant each kind of leak in small demo CRMs."""
    missed, alarms = [], []
    for seed in seeds:
        clean = generate(leads=PLANTED_LEADS, months=PLANTED_MONTHS, seed=seed)
        for kind, leak in LEAKS.items():
            report = audit_demo(leak.plant(clean, np.random.default_rng(seed))).report
            if not leak.caught(report):
                missed.append(f"{kind} (seed {seed})")
            alarms += [f"{name} beside {kind} (seed {seed})" for name in leak.false_alarms(report)]
    for told in (*missed, *alarms):
        print("planted:", told)
    bars.tell("planted_kinds", len(LEAKS), ">=14", ok=len(LEAKS) >= 14)
    bars.tell("planted_missed", len(missed), f"0 of {len(seeds) * len(LEAKS)}", ok=not missed)
    bars.tell("planted_false_alarms", len(alarms), "0", ok=not alarms)


def clean(bars: Bars, seeds: int) -> None:
    """Audit clean demo CRMs: at most one error in all."""
    reports = {
        seed: audit_demo(generate(leads=CLEAN_LEADS, months=CLEAN_MONTHS, seed=seed)).report for seed in range(seeds)
    }
    for seed, report in reports.items():
        for finding in report.findings:
            if finding.grade != "note":
                print(f"clean seed {seed}: {finding.grade} {finding.code} {finding.name}")
    errors = sum(len(report.errors) for report in reports.values())
    bars.tell(f"clean_errors_in_{seeds}_seeds", errors, "<=1", ok=errors <= 1)
    demo = audit_demo(generate(leads=3000, seed=1))
    bars.tell("demo_3000_seconds", round(demo.seconds, 2), f"<{SECONDS_OF_DEMO:g}", ok=demo.seconds < SECONDS_OF_DEMO)


def flat_set(
    spec: ProjectSpec, columns: Mapping[str, pd.Series], *, created: Instants, reached: Instants, within_days: float
) -> tuple[History, TrainingSet, ProjectSpec]:
    """Read a flat table: one lead a row, every column an attribute at creation, success at `reached` (0: never)."""
    ids = np.array([f"R{row:06}" for row in range(len(created))], dtype=object)
    texts = {name: encoded(np.where(column.isna(), None, column.astype(str))) for name, column in columns.items()}
    won = np.flatnonzero(reached > 0)
    stage = TextColumn(np.zeros(len(won), np.int32), (spec.agreement.definitions.ready.reach,))
    tables = {
        "leads": Rows(encoded(ids), created, created, texts, {}),
        "stage_changes": Rows(encoded(ids[won]), reached[won], reached[won], {"lifecycle_stage": stage}, {}),
    }
    own = spec.agreement.definitions
    ready = own.ready.model_copy(update={"within_days": within_days, "not_returned_within_days": 0})
    agreement = spec.agreement.model_copy(update={"definitions": own.model_copy(update={"ready": ready})})
    readiness = spec.readiness.model_copy(update={"snapshots": (SnapshotSpec(since="created", minutes=0),)})
    themes = (spec.themes[0].model_copy(update={"features": tuple(map(_feature, range(len(columns)), columns))}),)
    spec = replace(spec, agreement=agreement, readiness=readiness, themes=themes)
    history = build_history(tables, agreement.definitions)
    return history, make_training_set(history, spec), spec


def _feature(number: int, attribute: str) -> FeatureSpec:
    label = Label(en=attribute, ja=attribute)
    return FeatureSpec(
        name=f"column_{number}",
        label=label,
        kind="attribute",
        attribute=attribute,
        values="category",
        when_nothing="missing",
    )


def audit_bank(data: Path, *, without: Sequence[str] = ()) -> Audited:
    """Audit the telephone campaign: row `i` is created at minute `i`, its outcome follows half a minute later."""
    table = pd.read_csv(data / "bank_marketing" / "bank-additional-full.csv.gz", sep=";", dtype=str)
    created = 946_684_800 * SECOND + np.arange(len(table)) * MINUTE
    reached = np.where(table["y"] == "yes", created + 30 * SECOND, 0)
    columns = {name: table[name] for name in table.columns[:-1] if name not in without}
    spec = Project(ROOT).spec
    return audited(*flat_set(spec, columns, created=created, reached=reached, within_days=MINUTE / DAY))


def audit_olist(data: Path, *, with_deals: bool) -> tuple[Audited, set[str]]:
    """Audit the marketplace's contacts of 2018; gives also the columns of its table of deals."""
    folder = data / "olist"
    leads = pd.read_csv(folder / "olist_marketing_qualified_leads_dataset.csv", dtype=str)
    deals = pd.read_csv(folder / "olist_closed_deals_dataset.csv", dtype=str)
    table = leads.merge(deals, on="mql_id", how="left")
    table = table[table["first_contact_date"] >= "2018"].reset_index(drop=True)
    created = _microseconds(table["first_contact_date"]) + DAY - 1
    reached = np.where(table["won_date"].isna(), 0, _microseconds(table["won_date"].fillna("1970-01-01")))
    of_deals = {name for name in deals.columns if name != "mql_id" and table[name].notna().any()}
    own = [name for name in leads.columns if name != "mql_id"]
    columns = {name: table[name] for name in [*own, *(sorted(of_deals) if with_deals else [])]}
    return audited(*flat_set(Project(ROOT).spec, columns, created=created, reached=reached, within_days=60)), of_deals


def _microseconds(dates: pd.Series) -> Instants:
    instants: Instants = pd.to_datetime(dates, format="ISO8601").astype("datetime64[us]").astype("int64").to_numpy()
    return instants


def audit_bpi2012(data: Path) -> Audited:
    """Audit the event log as examples/bpi2012 reads it."""
    return audit_project(Project(ROOT / "examples" / "bpi2012", data=data / "bpi2012"))


def audit_finished_cases(data: Path) -> tuple[Audited, set[str]]:
    """Audit the event log with columns counted over the finished case, as attributes; gives also their names."""
    events = pd.read_csv(data / "bpi2012" / "events.csv.gz", dtype=str)
    events["at"] = pd.to_datetime(events["timestamp"], utc=True, format="ISO8601")
    cases = events.sort_values("at", kind="stable").groupby("case_id")
    finished = pd.DataFrame(
        {
            "events_in_all": cases.size(),
            "last_activity": cases["activity"].last(),
            "last_day": cases["at"].max().dt.strftime("%Y-%m-%d"),
            "calls_in_all": cases["activity"].agg(lambda names: names.str.startswith("W_Nabellen").sum()),
            "staff_in_all": cases["resource"].nunique(),
            "days_open": ((cases["at"].max() - cases["at"].min()).dt.total_seconds() / 86_400).round(2),
        }
    )
    created = events[events["activity"] == "A_SUBMITTED"].groupby("case_id")["timestamp"].min()
    rows = finished.astype(str).rename_axis("case_id").reset_index().melt("case_id", var_name="attribute")
    rows["happened_at"] = rows["case_id"].map(created)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "events.csv.gz").symlink_to((data / "bpi2012" / "events.csv.gz").resolve())
        rows.to_csv(Path(folder) / "finished.csv", index=False)
        columns = {"lead_id": "case_id", **{name: name for name in ("happened_at", "attribute", "value")}}
        project = Project(ROOT / "examples" / "bpi2012", data=folder)
        spec = project.spec.history
        source = SourceSpec.model_validate({"file": "finished.csv", "columns": columns})
        tables = spec.tables.model_copy(update={"attribute_changes": (source,)})
        project.spec = replace(project.spec, history=spec.model_copy(update={"tables": tables}))
        return audit_project(project), set(finished.columns)


def tell_errors(bars: Bars, name: str, errors: set[str], leaks: set[str]) -> None:
    """Hold the columns with an error against those that leak: none missed, none too many."""
    missed, extra = leaks - errors, errors - leaks
    bars.tell(f"{name}_leaks_missed", len(missed), f"0 of {len(leaks)}", ok=not missed)
    bars.tell(f"{name}_extra_errors", len(extra), "0", ok=not extra)


def real_sets(bars: Bars, data: Path) -> None:
    """Every column marked as a leak gives an error, and the sets without them give none."""
    for name, without in (("bank", ()), ("bank_without_macro", MACRO_OF_BANK)):
        tell_errors(bars, name, audit_bank(data, without=without).errors, {*LEAKS_OF_BANK})
        honest = audit_bank(data, without=(*without, *LEAKS_OF_BANK)).errors
        bars.tell(f"{name}_honest_errors", len(honest), "0", ok=not honest)
    leaky, of_deals = audit_olist(data, with_deals=True)
    tell_errors(bars, "olist", leaky.errors, of_deals)
    honest = audit_olist(data, with_deals=False)[0].errors
    bars.tell("olist_honest_errors", len(honest), "0", ok=not honest)
    log = audit_bpi2012(data)
    bars.tell("bpi2012_honest_errors", len(log.errors), "0", ok=not log.errors)
    bars.tell("bpi2012_seconds", round(log.seconds, 2), f"<{SECONDS_OF_BPI2012:g}", ok=log.seconds < SECONDS_OF_BPI2012)
    finished, counted = audit_finished_cases(data)
    tell_errors(bars, "bpi2012", finished.errors, counted)


def main() -> int:
    """Tell all bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="one seed of each planted leak, few clean ones, no real set"
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", metavar="DIR")
    asked = parser.parse_args()
    bars = Bars()
    planted(bars, QUICK_PLANTED_SEEDS if asked.quick else PLANTED_SEEDS)
    clean(bars, QUICK_CLEAN_SEEDS if asked.quick else CLEAN_SEEDS)
    if asked.quick:
        print("the real sets are not measured: --quick")
    elif (asked.data / "bpi2012" / "events.csv.gz").is_file():
        real_sets(bars, asked.data)
    else:
        print(f"the real sets are not measured: no bpi2012/events.csv.gz in {asked.data.name}")
    return int(bars.short)


if __name__ == "__main__":
    sys.exit(main())
