"""Draws the README's pictures from the champion of the demo: .venv/bin/python docs/pictures/make.py."""

import io
import re
from pathlib import Path

from rich.console import Console

import leadml
from leadml.charts import as_svg
from leadml.cli.tables import score_table
from leadml.kept.period import Period
from leadml.reports.kept_charts import promise_chart

project = leadml.open(Path(__file__).parents[2])
scores = project.score()
console = Console(record=True, width=150, file=io.StringIO(), highlight=False)
console.print(score_table(scores[:5], "en"))
picture = console.export_svg(title="leadml score")
# The reader's own monospace font: a picture must not fetch anything.
picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)
Path(__file__).with_name("score.svg").write_text(picture, encoding="utf-8")
(report,) = project.agreement.reports(Period.read("2026-01-01", None, time_zone="Asia/Tokyo"))
Path(__file__).with_name("kept.svg").write_text(as_svg(promise_chart(report, "en")), encoding="utf-8")
