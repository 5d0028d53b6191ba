"""Is readiness the model that nobody has to doubt? One specification for all sets, beside whom else one might take.

Run: python benchmarks/quality.py [--quick | --full] [--only NAME[,NAME]] [--data DIR]
Each bar ends in one line: bar <name> <value> <target> ok|short; the exit code is 1 when one is short.
"""

import argparse
import sys
import time
from concurrent.futures import Executor
from pathlib import Path

from proving.calibration import prove_calibration
from proving.cold_start import prove_cold_start
from proving.contestants import side_by_side
from proving.sets import prove_sets
from proving.speed import prove_speed
from proving.stability import prove_stability
from telling.bars import Bars

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("sets", "calibration", "cold_start", "stability", "speed")
SEEDS, QUICK_SEEDS, FULL_SEEDS = 8, 2, 50


def main() -> int:
    """Tell all bars, or those of some parts."""
    asked = _asked()
    wanted = asked.only.split(",") if asked.only else list(PARTS)
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        print(f"there is no part {', '.join(unknown)}; the parts are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    bars = Bars()
    with side_by_side() as pool:
        for name in wanted:
            print(f"\n== {name}")
            start = time.perf_counter()
            _prove(name, bars, pool, asked)
            print(f"{name} took {time.perf_counter() - start:.0f} seconds", flush=True)
    return int(bars.short)


def _prove(name: str, bars: Bars, pool: Executor, asked: argparse.Namespace) -> None:
    """Tell the bars of one part."""
    quick, full = asked.quick, asked.full
    if name == "sets":
        prove_sets(bars, pool, asked.data, quick=quick, full=full)
    elif name == "calibration":
        prove_calibration(bars, asked.data, quick=quick)
    elif name == "cold_start":
        prove_cold_start(bars, pool, seeds=QUICK_SEEDS if quick else FULL_SEEDS if full else SEEDS, quick=quick)
    elif name == "stability":
        prove_stability(bars, pool, quick=quick)
    else:
        prove_speed(bars, quick=quick)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="a small part of everything, within a minute")
    length.add_argument("--full", action="store_true", help="every window, the EBM, and 50 seeds of a cold start")
    parser.add_argument("--only", metavar="NAME[,NAME]", help=", ".join(PARTS))
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", metavar="DIR")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
