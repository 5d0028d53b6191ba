"""Where a history contradicts the agreement: stages out of order or entered too early, bands that nobody has.

The same state machine that placing follows (`agreement.transitions`) is held against what really happened. A finding
stops nothing: people may do what no machine would, and both teams should see how often.
"""

from collections.abc import Iterator

import numpy as np

from leadml.agreement.transitions import field_name, refuses
from leadml.clock import Instants
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.history.tables import NOT_THERE, Codes, FactTable, Finding, History, Mask
from leadml.snapshots import entries_into, instants_just_after
from leadml.specs.agreement_spec import AgreementSpec, DefinitionsSpec
from leadml.standings import OVERRIDE, required_features

_EXAMPLES = 3


def check_stages(history: History, agreement: AgreementSpec) -> list[Finding]:
    """Find where a history and the agreement contradict each other.

    Parameters
    ----------
    history : History
    agreement : AgreementSpec

    Returns
    -------
    findings : list of Finding
        Of `stage_changes`: each refused transition, and each field that was not known when a stage was entered that
        requires it. Of `decisions`: bands that no list has, and overrides without a band.
    """
    return [
        *_refused(history, agreement.definitions),
        *_entered_too_early(history, agreement.definitions),
        *_unknown_bands(history, agreement),
    ]


def _refused(history: History, definitions: DefinitionsSpec) -> Iterator[Finding]:
    """Count the changes from each stage to one that may not follow it, in the order in which they happened."""
    table = history.facts.get("stage_changes")
    if table is None or definitions.allowed_transitions is None:
        return
    text = table.texts["lifecycle_stage"]
    agreed = np.flatnonzero(text.is_any_of(definitions.lifecycle_stages))  # any other stage says nothing
    after, before = agreed[1:], agreed[:-1]
    same_lead = table.leads[after] == table.leads[before]
    after, before = after[same_lead], before[same_lead]
    pairs, of_pair = np.unique(np.stack([text.codes[before], text.codes[after]]), axis=1, return_inverse=True)
    for number, (first, second) in enumerate(pairs.T.tolist()):
        left, entered = text.words[first], text.words[second]
        if refuses(left, entered, definitions):
            rows = after[of_pair == number]
            values = {"before": left, "after": entered, "examples": _examples(history, table, rows)}
            yield Finding("stage_changes", "refused_transition", len(rows), values)


def _entered_too_early(history: History, definitions: DefinitionsSpec) -> Iterator[Finding]:
    """Count the entries into a stage of leads of which a field that it requires was not known, just after the entry."""
    table = history.facts.get("stage_changes")
    if table is None:
        return
    for stage in definitions.required_fields or {}:
        entries = entries_into(table, stage, definitions)
        lacking = lacking_fields(history, table.leads[entries], table.happened_at[entries], stage, definitions)
        for field, lacks in lacking.items():
            rows = entries[lacks]
            if len(rows):
                values = {"stage": stage, "field": field, "entries": f"{len(entries):,}"}
                examples = _examples(history, table, rows)
                yield Finding("stage_changes", "entered_too_early", len(rows), {**values, "examples": examples})


def lacking_fields(
    history: History, leads: Codes, entered_at: Instants, stage: str, definitions: DefinitionsSpec
) -> dict[str, Mask]:
    """Tell which leads entered a stage while a field that it requires was not known, just after the entry.

    Parameters
    ----------
    history : History
    leads : int array, shape (n,)
        Positions in the history.
    entered_at : int array, shape (n,), UTC microseconds
        When each entered the stage.
    stage : str
    definitions : DefinitionsSpec

    Returns
    -------
    lacking : dict of field to bool array, shape (n,)
        By the names of `agreement.transitions.field_name`; empty where the stage requires nothing. A field of a table
        that the history does not have is known of nobody.
    """
    fields = (definitions.required_fields or {}).get(stage, ())
    if not fields:
        return {}
    asked = required_features(fields)
    catalogue = Catalogue(asked, {feature.name: None for feature in asked}, definitions)
    known = compute_features(history, leads, instants_just_after(history, leads, entered_at), catalogue)
    return {field_name(field): np.isnan(known.values[:, place]) for place, field in enumerate(fields)}


def _unknown_bands(history: History, agreement: AgreementSpec) -> Iterator[Finding]:
    """Count the decisions for a band that no list of the agreement has, and the overrides that name none."""
    table = history.facts.get("decisions")
    if table is None:
        return
    known = {band.name for bands in agreement.promises.bands.values() for band in bands}
    bands = table.texts.get("band")
    nameless = table.texts["decision"].is_any_of([OVERRIDE])
    if bands is not None:
        nameless = nameless & (bands.codes == NOT_THERE)
        for code, word in enumerate(bands.words):
            rows = np.flatnonzero(bands.codes == code)
            if word not in known and len(rows):
                yield Finding(
                    "decisions", "unknown_band", len(rows), {"band": word, "examples": _examples(history, table, rows)}
                )
    if nameless.any():
        examples = _examples(history, table, np.flatnonzero(nameless))
        yield Finding("decisions", "override_without_band", int(nameless.sum()), {"examples": examples})


def _examples(history: History, table: FactTable, rows: Codes) -> str:
    """Name the first few leads."""
    leads = np.unique(table.leads[rows])[:_EXAMPLES]
    return ", ".join(history.lead_ids[lead] for lead in leads.tolist())
