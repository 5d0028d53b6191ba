"""The pictures of a trial: how many leads each band would hold, and what was foretold beside what came."""

import altair
import pandas as pd

from leadml.charts import COLOURS, Chart, finished, labelled
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.specs.promises_spec import DEFAULT
from leadml.trials.side import Side
from leadml.wording.texts import Language, say


def bands_chart(sides: list[Side], definitions: DefinitionsSpec, language: Language) -> Chart:
    """Draw the leads a week of each band, one bar an agreement."""
    rows = []
    for side in sides:
        for band in side.bands:
            label = definitions.lead_types.get(band.bands_of)
            others = label is None or band.bands_of == DEFAULT
            of = say("sla.all_others", language) if others else getattr(label, language)
            rows.append({"band": f"{of}: {band.band}", "version": side.version, "leads": band.leads_a_week})
    frame = pd.DataFrame(rows)
    versions = [side.version for side in sides]
    drawn = (
        altair.Chart(frame)
        .mark_bar()
        .encode(
            x=altair.X("leads:Q", title=say("trial.leads_a_week", language)),
            y=altair.Y("band:N", sort=None, title=None, axis=labelled(frame["band"])),
            yOffset=altair.YOffset("version:N", sort=versions),
            color=_by_version(versions),
        )
    )
    return finished(drawn, rows=len(frame), title=None)


def ready_chart(sides: list[Side], stage: str, language: Language) -> Chart:
    """Draw how many were foretold to reach a stage, with the interval, and how many did."""
    frame = pd.DataFrame(
        [
            {
                "version": side.version,
                "value": side.became.expected.value,
                "low": side.became.expected.low,
                "high": side.became.expected.high,
                "actual": side.became.actual,
            }
            for side in sides
        ]
    )
    axis = altair.X("low:Q", title=say("trial.pictures.axis", language, stage=stage), scale=altair.Scale(zero=True))
    base = altair.Chart(frame).encode(y=altair.Y("version:N", sort=None, title=None, axis=labelled(frame["version"])))
    drawn = (
        base.mark_rule(strokeWidth=3).encode(x=axis, x2="high:Q", color=_by_version([side.version for side in sides]))
        + base.mark_circle(size=80, opacity=1).encode(x="value:Q", color=_by_version([side.version for side in sides]))
        + base.mark_tick(thickness=3, size=22, color="black").encode(x="actual:Q")
    )
    return finished(drawn, rows=len(frame) + 1, title=None)


def _by_version(versions: list[str]) -> altair.Color:
    scale = altair.Scale(domain=versions, range=list(COLOURS[: len(versions)]))
    return altair.Color("version:N", scale=scale, title=None, legend=altair.Legend(orient="bottom", columns=1))
