"""How fast are features? Millions of facts beside DuckDB and pandas, one live lead, and what it takes of memory.

Run: python benchmarks/features.py [--quick] [--bpi2012 DIR]
Each bar ends in one line: bar <name> <value> <target> ok|short; the exit code is 1 when one is short.

10 million facts of 200,000 leads, 400,000 snapshots, 60 features over 12 activities; --quick takes a tenth. 5 % of
the facts were known late. Both sides start from the same unsorted Parquet file, take turns, and must agree on every
value. Of each figure the seconds of processor time stand beside those of the clock: where neighbours are busy, the
first say more.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet
from rivals.sixty_features import (
    ACTIVITIES,
    COUNTS,
    COUNTS_SQL,
    FROM_FILES,
    KINDS,
    KINDS_SQL,
    MOST_COUNTED,
    PACKED_COUNTS_SQL,
    PACKED_KINDS_SQL,
    load,
    query,
    with_pandas,
    with_pandas_as_a_grid,
    with_pandas_merging_once,
)
from telling.bars import Bars

import leadml
from leadml.clock import DAY, parse_instant, to_iso
from leadml.dataset import TrainingSet
from leadml.dataset_file import write_rows
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.history.inline import Arrival, histories_from_records
from leadml.history.tables import History
from leadml.project import Project
from leadml.snapshots import Snapshots
from leadml.specs.feature_spec import FeatureFileSpec
from leadml.specs.readiness_spec import SnapshotSpec
from leadml.training import prepare

Values = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Run = Callable[[], object]

ROOT = Path(__file__).resolve().parent.parent
THREADS = os.cpu_count() or 1  # as many as the engine takes
FACTS_OF_A_LEAD, SNAPSHOTS_OF_A_LEAD = 50, 2
LEADS, QUICK_LEADS, SAMPLED_LEADS = 200_000, 20_000, 4_000
ROUNDS = 5
CALLS = 1_000  # of what takes microseconds, in each round
HALF = "half"
STAGES_ENTERED = ("lead", "mql", "sql", "opportunity")  # of bpi2012, below the stage that is learned


# --- the facts, and a project over them -------------------------------------------------------------------------------


def write_project(folder: Path, leads: int) -> None:
    """Make up leads, facts and snapshots, and write them as a project; and another one over half of the facts."""
    chance = np.random.default_rng(7)
    facts, snapshots = FACTS_OF_A_LEAD * leads, SNAPSHOTS_OF_A_LEAD * leads
    lead_ids = pa.array([f"00Q{number:012d}" for number in chance.permutation(leads)])
    created = parse_instant("2023-01-01T00:00:00Z", where="made up") + chance.integers(0, 540 * DAY, leads)
    busy = chance.gamma(1.0, size=leads)
    lead = chance.choice(leads, facts, p=busy / busy.sum())
    happened_at = created[lead] + chance.integers(0, 180 * DAY, facts)
    late = np.where(chance.random(facts) < 0.05, chance.exponential(10 * DAY, facts), 0.0)
    often = 1 / np.arange(1, len(ACTIVITIES) + 1) ** 0.7
    activity = chance.choice(len(ACTIVITIES), facts, p=often / often.sum())
    if np.bincount(lead).max() >= MOST_COUNTED:
        raise SystemExit("a lead has more facts than the packed counts of the SQL hold")
    asked = np.repeat(np.arange(leads), SNAPSHOTS_OF_A_LEAD)
    as_of = created[asked] + chance.integers(20 * DAY, 180 * DAY, snapshots)
    table = pa.table(
        {
            "lead_id": lead_ids.take(pa.array(lead)),
            "happened_at": _instants(happened_at),
            "known_at": _instants(happened_at + late.astype(np.int64)),
            "activity": pa.array(ACTIVITIES).take(pa.array(activity)),
            "value": np.round(chance.lognormal(2, 1, facts), 2),
        }
    )
    tables = {
        "leads": pa.table({"lead_id": lead_ids, "created_at": _instants(created)}),
        "snapshots": pa.table({"lead_id": lead_ids.take(pa.array(asked)), "as_of": _instants(as_of)}),
    }
    (folder / HALF).mkdir()
    for project, part in ((folder, table), (folder / HALF, table.take(pa.array(np.arange(0, facts, 2))))):
        for name, content in {**tables, "facts": part}.items():
            parquet.write_table(content, project / f"{name}.parquet")
        _write_definitions(project)


def _instants(times: Integers) -> pa.Array:
    return pa.array(times).cast(pa.timestamp("us", tz="UTC"))


def _write_definitions(folder: Path) -> None:
    """Write what makes a folder a project; JSON is YAML."""
    columns = ("lead_id", "happened_at", "known_at", "activity", "value")
    label = {"en": "What the lead did", "ja": "リードの行動"}
    rule = {"name": "pages", "when": {"feature": "page_view_30d", "at_least": 2}, "points": 10, "because": label}
    files: dict[str, object] = {
        "history.yaml": {
            "tables": {
                "leads": [{"file": "leads.parquet", "columns": {"lead_id": "lead_id", "created_at": "created_at"}}],
                "activities": [{"file": "facts.parquet", "columns": {column: column for column in columns}}],
            }
        },
        "features/engagement.yaml": _theme(KINDS),
        "models/rules.yaml": {"rules": [rule]},
        "models/readiness.yaml": {
            "name": "readiness",
            "snapshots": [{"since": "created", "days": 30}],
            "test": {"share_of_leads": 0.25},
            "seed": 7,
        },
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(orjson.dumps(content))
    (folder / "sla.yaml").symlink_to(ROOT / "sla.yaml")


def _theme(features: list[dict[str, object]]) -> dict[str, object]:
    label = {"en": "What the lead did", "ja": "リードの行動"}
    return {"theme": "engagement", "label": label, "table": "activities", "features": features}


def catalogue_of(features: list[dict[str, object]], project: Project) -> Catalogue:
    """Make a catalogue of one of the sets."""
    theme = FeatureFileSpec.model_validate_json(orjson.dumps(_theme(features)))
    return Catalogue.of([theme], project.spec.agreement.definitions)


def snapshots_of(folder: Path, history: History) -> tuple[Integers, Integers]:
    """Read who is asked about when, sorted by lead and instant."""
    asked = parquet.read_table(folder / "snapshots.parquet")
    positions = pc.index_in(asked["lead_id"], pa.array(history.lead_ids)).to_numpy().astype(np.int64)
    as_of = asked["as_of"].cast(pa.int64()).to_numpy()
    order = np.lexsort((as_of, positions))
    return positions[order], as_of[order]


def write_features(folder: Path) -> None:
    """Go the product's way from files to a file: open, read and sort, compute, write."""
    project = leadml.open(folder)
    history = project.history
    leads, as_of = snapshots_of(folder, history)
    definitions = project.spec.agreement.definitions
    features = compute_features(history, leads, as_of, Catalogue.of(project.spec.themes, definitions))
    ages = Snapshots(leads, as_of, np.zeros(len(leads), np.int64), ("asked",))
    nothing = np.zeros(len(leads))
    made = TrainingSet(ages, features, nothing, as_of, as_of, nothing == 1, history.lead_ids, recipe={})
    write_rows(made, folder / "leadml.parquet")


# --- taking time ------------------------------------------------------------------------------------------------------


def take_turns(sides: Mapping[str, Run], rounds: int = ROUNDS) -> dict[str, float]:
    """Run each side in turn, some times over; gives the median seconds of each."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    worked: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, run in sides.items():
            begun, begun_work = time.perf_counter(), time.process_time()
            run()
            seconds[name].append(time.perf_counter() - begun)
            worked[name].append(time.process_time() - begun_work)
    for name in sides:
        print(f"{name}: {median(seconds[name]):.3f} s, of processors {median(worked[name]):.3f} s", flush=True)
    return {name: median(taken) for name, taken in seconds.items()}


def check_equal(ours: Values, theirs: Values, names: tuple[str, ...]) -> None:
    """Refuse to compare what differs: counts are equal, sums to 1e-9 of the sum (no value is below zero)."""
    both_missing = np.isnan(ours) & np.isnan(theirs)
    wrong = ~(both_missing | (np.abs(ours - theirs) <= 1e-9 * np.abs(theirs)))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        values = f"{ours[row, column]!r} and {theirs[row, column]!r}"
        raise SystemExit(f"{names[column]} of snapshot {row} differs: {values}; {wrong.sum()} values differ in all")


def _in_one_order(table: pa.Table, names: tuple[str, ...], by: str) -> Values:
    """Lay the features of a table out as one matrix, by lead and instant."""
    ordered = table.sort_by([(by, "ascending"), ("as_of", "ascending")])
    return np.column_stack([ordered[name].cast(pa.float64()).to_numpy() for name in names])


def judge_end_to_end(bars: Bars, folder: Path) -> None:
    """Start from unsorted files and end in a file, beside one query of DuckDB, and with half of the facts."""
    import duckdb  # not at the top: the process whose memory is measured comes this way too

    one_query = query(KINDS_SQL, FROM_FILES.format(folder=folder))

    def with_duckdb() -> None:
        with duckdb.connect(config={"threads": THREADS}) as connection:
            connection.execute(f"COPY ({one_query}) TO '{folder}/duckdb.parquet'")

    sides: dict[str, Run] = {
        "end to end, leadml": lambda: write_features(folder),
        "end to end, DuckDB": with_duckdb,
        "end to end, leadml, half of the facts": lambda: write_features(folder / HALF),
    }
    taken = take_turns(sides)
    names = tuple(str(feature["name"]) for feature in KINDS)
    ours, theirs = (parquet.read_table(folder / f"{side}.parquet") for side in ("leadml", "duckdb"))
    check_equal(_in_one_order(ours, names, "lead_id"), _in_one_order(theirs, names, "lead"), names)
    ours_seconds, theirs_seconds, half_seconds = taken.values()
    bars.at_least("end_to_end_against_duckdb", theirs_seconds / ours_seconds, 3)
    bars.at_most("end_to_end_twice_the_facts", ours_seconds / half_seconds, 2.1)


def judge_engine(bars: Bars, folder: Path) -> None:
    """Compute on tables that are prepared: ours, DuckDB's, and pandas' on a sample."""
    import duckdb

    project = leadml.open(folder)
    history = project.history
    leads, as_of = snapshots_of(folder, history)
    with duckdb.connect(config={"threads": THREADS}) as connection:
        load(connection, folder)
        for name, features, sql, packed, target in (
            ("counts", COUNTS, COUNTS_SQL, PACKED_COUNTS_SQL, 15.0),
            ("kinds", KINDS, KINDS_SQL, PACKED_KINDS_SQL, 8.0),
        ):
            catalogue, question = catalogue_of(features, project), query(sql)
            others = {"in two steps": query(sql, in_two_steps=True), "packed into bits by hand": query(packed)}
            matrix = compute_features(history, leads, as_of, catalogue)
            for asked in (question, *others.values()):
                theirs = connection.sql(asked).to_arrow_table()
                check_equal(matrix.values, _in_one_order(theirs, matrix.names, "lead"), matrix.names)
            taken = take_turns(
                {
                    f"engine, {name}": lambda asked=catalogue: compute_features(history, leads, as_of, asked),
                    f"DuckDB, {name}": lambda asked=question: connection.sql(asked).to_arrow_table(),
                    **{
                        f"DuckDB, {name}, {way}": lambda asked=other: connection.sql(asked).to_arrow_table()
                        for way, other in others.items()
                    },
                }
            )
            ours_seconds, theirs_seconds, *others_seconds = taken.values()
            for way, seconds in zip(others, others_seconds, strict=True):
                print(f"DuckDB, {name}, {way}: {seconds / ours_seconds:.1f} times the engine")
            bars.at_least(f"engine_against_duckdb_{name}", theirs_seconds / ours_seconds, target)
    judge_doublings(bars, folder, history)
    judge_pandas(bars, folder, history)


def judge_doublings(bars: Bars, folder: Path, history: History) -> None:
    """Take half of the facts, and half of the snapshots: what is twice as much may take a little more than twice."""
    half = leadml.open(folder / HALF)
    half_history, catalogue = half.history, catalogue_of(KINDS, half)
    leads, as_of = snapshots_of(folder, history)
    some = np.sort(np.random.default_rng(7).choice(len(leads), len(leads) // 2, replace=False))
    taken = take_turns(
        {
            "engine, all": lambda: compute_features(history, leads, as_of, catalogue),
            "engine, half of the facts": lambda: compute_features(half_history, leads, as_of, catalogue),
            "engine, half of the snapshots": lambda: compute_features(history, leads[some], as_of[some], catalogue),
        }
    )
    whole, half_facts, half_snapshots = taken.values()
    bars.at_most("engine_twice_the_facts", whole / half_facts, 2.1)
    bars.at_most("engine_twice_the_snapshots", whole / half_snapshots, 2.1)


def judge_pandas(bars: Bars, folder: Path, history: History) -> None:
    """Let pandas answer for some leads, and compare by snapshot."""
    leads, as_of = snapshots_of(folder, history)
    catalogue = catalogue_of(COUNTS, leadml.open(folder))
    sample = pa.array(history.lead_ids[: SNAPSHOTS_OF_A_LEAD * SAMPLED_LEADS : SNAPSHOTS_OF_A_LEAD])
    facts, snapshots = (
        parquet.read_table(folder / f"{name}.parquet", filters=pc.field("lead_id").isin(sample))
        .sort_by([("lead_id", "ascending"), (time_column, "ascending")])
        .to_pandas()
        for name, time_column in (("facts", "happened_at"), ("snapshots", "as_of"))
    )
    snapshots["snapshot"] = np.arange(len(snapshots))
    sampled = np.flatnonzero(np.isin(leads, pc.index_in(sample, pa.array(history.lead_ids)).to_numpy()))
    ours = compute_features(history, leads[sampled], as_of[sampled], catalogue).values
    for rival in (with_pandas, with_pandas_merging_once, with_pandas_as_a_grid):
        check_equal(ours, rival(facts, snapshots).to_numpy(dtype=np.float64), catalogue.names)
    taken = take_turns(
        {
            "engine, counts of all snapshots": lambda: compute_features(history, leads, as_of, catalogue),
            f"pandas, counts of {len(sampled):,} snapshots": lambda: with_pandas(facts, snapshots),
            "pandas, merging once": lambda: with_pandas_merging_once(facts, snapshots),
            "pandas, the same as a grid": lambda: with_pandas_as_a_grid(facts, snapshots),
        }
    )
    sizes = (len(leads), *[len(sampled)] * 3)
    ours_seconds, *theirs = (seconds / size for seconds, size in zip(taken.values(), sizes, strict=True))
    for way, seconds in zip(("merging once", "as a grid"), theirs[1:], strict=True):
        print(f"pandas {way}, by snapshot: {seconds / ours_seconds:.1f} times as long as the engine")
    bars.at_least("engine_against_pandas", theirs[0] / ours_seconds, 100)


# --- one lead, memory, a real set -------------------------------------------------------------------------------------


def judge_one_lead(bars: Bars, folder: Path) -> None:
    """Answer for one live lead with 100 facts: from a history, and from the records of a request."""
    project = leadml.open(folder)
    definitions = project.spec.agreement.definitions
    catalogue = Catalogue.of(project.spec.themes, definitions)
    chance = np.random.default_rng(7)
    asked = parse_instant("2026-03-02T09:00:00Z", where="made up")
    back = np.sort(chance.integers(1, 120 * DAY, 100))[::-1]
    activities = [
        {
            "happened_at": to_iso(int(asked - age)),
            "activity": ACTIVITIES[chance.integers(len(ACTIVITIES))],
            "value": float(np.round(chance.lognormal(2, 1), 2)),
        }
        for age in back
    ]
    lead = {"lead_id": "L1", "created_at": to_iso(asked - 130 * DAY), "attributes": {}, "activities": activities}
    lead_number, instant = np.zeros(1, np.int64), np.array([asked])

    def read() -> History:
        return histories_from_records([lead], definitions, Arrival(now=asked))[0].history

    history = read()
    rounds = [
        (
            _median_microseconds(lambda: compute_features(history, lead_number, instant, catalogue)),
            _median_microseconds(lambda: compute_features(read(), lead_number, instant, catalogue)),
        )
        for _ in range(ROUNDS)
    ]
    engine, records = (median(taken) for taken in zip(*rounds, strict=True))
    bars.at_most("one_lead_engine_microseconds", engine, 50)
    bars.at_most("one_lead_from_records_microseconds", records, 300)


def _median_microseconds(run: Run) -> float:
    taken = []
    for _ in range(CALLS):
        begun = time.perf_counter_ns()
        run()
        taken.append(time.perf_counter_ns() - begun)
    return median(taken) / 1000


PEAK = """
import sys
{work}
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def judge_memory(bars: Bars, folder: Path, *, quick: bool) -> None:
    """Hold the most memory that the product's way takes against the facts as Arrow lays them out."""
    if not Path("/proc/self/status").is_file():
        print("memory is not measured: this system does not tell the peak of a process in /proc")
        return
    product = f"sys.path.insert(0, {str(Path(__file__).parent)!r})\nimport features\nfrom pathlib import Path\n"
    product += f"features.write_features(Path({str(folder)!r}))"
    kilobytes = []
    for work in ("import leadml", product):
        done = subprocess.run(
            [sys.executable, "-c", PEAK.format(work=work)], check=True, capture_output=True, text=True
        )
        kilobytes.append(int(done.stdout))
    facts = parquet.read_table(folder / "facts.parquet").nbytes
    above = (kilobytes[1] - kilobytes[0]) * 1024
    print(f"memory: {above / 1e6:.0f} MB above import leadml ({kilobytes[0] / 1e3:.0f}); facts {facts / 1e6:.0f} MB")
    if quick:
        print("memory against the facts is no bar here: of so few facts, the imported packages alone are the double")
    else:
        bars.at_most("peak_memory_over_facts", above / facts, 3)


def judge_bpi2012(bars: Bars, data: Path) -> None:
    """Build the training set of the real event log, at stage entries and the four ages, reading included."""

    def build() -> None:
        project = Project(ROOT / "examples" / "bpi2012", data=data)
        readiness = project.spec.readiness
        entries = tuple(SnapshotSpec(since=stage, days=0) for stage in STAGES_ENTERED)
        more = readiness.model_copy(update={"snapshots": (*entries, *readiness.snapshots)})
        training_set = prepare(project.history, replace(project.spec, readiness=more))
        if len(training_set) < 10_000:
            raise SystemExit(f"the training set of bpi2012 holds only {len(training_set)} snapshots")

    taken = take_turns({"bpi2012, training set": build})
    bars.tell("bpi2012_training_set_seconds", taken["bpi2012, training set"], "<5", ok=min(taken.values()) < 5)


def main() -> int:
    """Tell all bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the facts; under a minute")
    parser.add_argument("--bpi2012", type=Path, default=ROOT.parent / "shared" / "data" / "bpi2012", metavar="DIR")
    asked = parser.parse_args()
    bars = Bars()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write_project(folder, QUICK_LEADS if asked.quick else LEADS)
        judge_one_lead(bars, folder)
        judge_memory(bars, folder, quick=asked.quick)
        judge_engine(bars, folder)
        judge_end_to_end(bars, folder)
    if (asked.bpi2012 / "events.csv.gz").is_file():
        judge_bpi2012(bars, asked.bpi2012)
    else:
        print(f"bpi2012 is not measured: no events.csv.gz in {asked.bpi2012.name}; see examples/bpi2012/README.md")
    return int(bars.short)


if __name__ == "__main__":
    sys.exit(main())
