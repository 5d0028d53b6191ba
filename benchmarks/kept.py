"""How fast is the report on an agreement? Over a real event log, and over a demo CRM with a business calendar.

Run: python benchmarks/kept.py [--quick] [--data DIR]
Each bar ends in one line: bar <name> <value> <target> ok|short; the exit code is 1 when one is short.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from proving.data import ROOT
from telling.bars import Bars

from leadml.demo.generate import generate, write
from leadml.kept.report import make_report
from leadml.project import Project
from leadml.reports.kept_page import kept_page

TIMES, QUICK_TIMES = 7, 3
SECONDS_OF_BPI2012 = 5.0
DEMO_LEADS, QUICK_LEADS, DEMO_MONTHS = 20_000, 3_000, 18


def seconds(work: Callable[[], object], times: int) -> float:
    """Time some work on one processor: the median of several runs."""
    taken = []
    for _ in range(times):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return float(np.median(taken))


def tell_bpi2012(bars: Bars, data: Path, *, times: int) -> None:
    """Time the report over all calls of a bank; reading the log is told beside it."""
    project = Project(ROOT / "examples" / "bpi2012", data=data / "bpi2012")
    begun = time.process_time()
    history = project.history
    print(f"bpi2012: read in {time.process_time() - begun:.2f} s")
    first = time.process_time()
    (report,) = project.agreement.reports()
    print(f"bpi2012: first report in {time.process_time() - first:.2f} s, with all that is compiled or laid out once")
    attempts = len(history.facts["connect_attempts"].happened_at)
    print(f"bpi2012: {report.whole.hand_overs:,} hand-overs, {attempts:,} calls")
    bars.at_most("bpi2012_report_seconds", seconds(project.agreement.reports, times), SECONDS_OF_BPI2012)
    print(f"bpi2012: as a page {seconds(lambda: kept_page(report, 'en').html(), 1):.2f} s more")
    print(f"bpi2012: what is due {seconds(project.agreement.due, times):.2f} s")


def tell_demo(*, quick: bool, times: int) -> None:
    """Time the report under an agreement with a calendar and every kind of promise."""
    with tempfile.TemporaryDirectory() as folder:
        write(generate(leads=QUICK_LEADS if quick else DEMO_LEADS, months=DEMO_MONTHS, seed=7), Path(folder))
        project = Project(ROOT, data=folder)
        history, agreement = project.history, project.spec.agreement
        as_of = project.instant(None)
        taken = seconds(lambda: make_report(history, agreement, as_of), times)
        count = make_report(history, agreement, as_of).whole.hand_overs
        print(f"demo: {count:,} hand-overs on a business calendar in {taken:.2f} s")


def main() -> int:
    """Tell all bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer leads and runs")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="where the real data lies")
    chosen = parser.parse_args()
    bars, times = Bars(), QUICK_TIMES if chosen.quick else TIMES
    tell_demo(quick=chosen.quick, times=times)
    if (chosen.data / "bpi2012" / "events.csv.gz").is_file():
        tell_bpi2012(bars, chosen.data, times=times)
    else:
        print(f"bpi2012 is not in {chosen.data}: its bar was not told")
    return int(bars.short)


if __name__ == "__main__":
    sys.exit(main())
