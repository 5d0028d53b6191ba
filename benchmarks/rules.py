"""What do rules cost that a team types into its CRM: fifteen at most, beside today's rules and the model.

Rules are suggested before each period of the test from what was known by then, and rank its leads; value is the share
(suggested - rules) / (model - rules) of the AUC, mean of ages. The demo is three CRMs, whose AUCs are averaged.

Run: python benchmarks/rules.py [--quick] [--data DIR]
Each bar ends in one line: bar <name> <value> <target> ok|short; the exit code is 1 when one is short.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from proving.data import DEMO_SEEDS, ROOT, demo
from telling.bars import Bars

from leadml.project import Project
from leadml.suggestion import Judged, judge_suggestion

AT_MOST, SHARE = 15, 0.6
LEADS, MONTHS, QUICK_LEADS = 5000, 18, 1500


def show(name: str, judged: Judged) -> None:
    """Print every figure of one set with its interval."""
    aucs = ", ".join(f"{who} {figure.value:.4f}" for who, figure in judged.auc.items())
    gain, loss, share = judged.gain, judged.loss, judged.share
    print(f"{name}: {judged.leads:,} leads, {judged.snapshots:,} snapshots, AUC {aucs}; rules {judged.counts}")
    print(f"  gain {gain.value:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]", end="")
    print(f", loss {loss.value:+.4f} [{loss.low:+.4f}, {loss.high:+.4f}]", end="")
    print("" if share is None else f", share {share.value:.2f} [{share.low:.2f}, {share.high:.2f}] (95 %, by lead)")


def share_of(judged: Sequence[Judged]) -> float:
    """Give the share of the mean gain in the mean of what the model gains."""
    gain = float(np.mean([one.gain.value for one in judged]))
    loss = float(np.mean([one.loss.value for one in judged]))
    return gain / (gain + loss)


def main() -> int:
    """Tell all bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one small demo CRM")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", metavar="DIR")
    asked = parser.parse_args()
    bars = Bars()
    judged = []
    for seed in DEMO_SEEDS[: 1 if asked.quick else None]:
        made = demo(leads=QUICK_LEADS if asked.quick else LEADS, months=MONTHS, seed=seed)
        judged.append(judge_suggestion(made.leads, made.spec, at_most=AT_MOST))
        show(f"demo {seed}", judged[-1])
    bars.at_least("suggested_rules_demo", share_of(judged), SHARE)
    if (asked.data / "bpi2012").is_dir():
        project = Project(ROOT / "examples" / "bpi2012", data=asked.data / "bpi2012")
        funnel = judge_suggestion(project.training_set(), project.spec, at_most=AT_MOST)
        show("bpi2012", funnel)
        bars.at_least("suggested_rules_bpi2012", share_of([funnel]), SHARE)
    else:
        print(f"bpi2012 is not measured: no bpi2012 in {asked.data.name}")
    return int(bars.short)


if __name__ == "__main__":
    sys.exit(main())
