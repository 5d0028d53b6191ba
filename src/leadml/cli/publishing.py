"""What `leadml train` says of a new champion: what it does to the bands, and which thresholds keep their volumes."""

from collections.abc import Sequence

import numpy as np
from rich.console import JustifyMethod
from rich.table import Table

from leadml.agreement.crossings import CrossingCount, Crossings, PublishingEffect
from leadml.agreement.scale import Scale, probability
from leadml.agreement.thresholds import FEWEST_LEADS, BandVolume, VolumeKeeping
from leadml.specs.agreement_spec import LeadScoreSpec
from leadml.wording.numbers import chance_in_words
from leadml.wording.texts import Language, say

_COLUMNS: tuple[tuple[str, JustifyMethod], ...] = (
    ("of", "left"),
    ("band", "left"),
    ("threshold", "left"),
    ("before", "right"),
    ("as_it_stands", "right"),
    ("proposed", "left"),
    ("leads_proposed", "right"),
)
_ROWS_SHOWN = 7  # with its title, its heads and the lines below it stays on half a screen
_MOVES_SHOWN = 3
_LEADS_SHOWN = 3


def volume_table(effect: PublishingEffect, scale: LeadScoreSpec, language: Language) -> Table:
    """Lay out each band: where it begins, its leads before and now, and the threshold that keeps them.

    Parameters
    ----------
    effect : PublishingEffect
    scale : LeadScoreSpec
        Says which chance a threshold stands for.
    language : {"en", "ja"}

    Returns
    -------
    table : Table
        Lists of bands with the most leads, up to `_ROWS_SHOWN` bands and at least one list; `publishing_lines` says
        how many are left out.
    """
    title = say("publishing.title", language, leads=f"{effect.leads:,}")
    table = Table(title=title, title_justify="left", header_style="bold", pad_edge=False, box=None)
    for column, justify in _COLUMNS:
        table.add_column(say(f"publishing.{column}", language), justify=justify)
    for keeping in _shown_lists(effect):
        for place, band in enumerate(keeping.bands):
            table.add_row(
                keeping.of if place == 0 else "",
                band.band,
                _threshold_cell(band.threshold, scale, language),
                f"{band.leads_before:,}",
                f"{band.leads_as_it_stands:,}",
                *_proposed_cells(band, scale, language),
            )
    return table


def _shown_lists(effect: PublishingEffect) -> list[VolumeKeeping]:
    """Choose the lists of bands with the most leads, as many as the rows allow, in the order of `sla.yaml`."""
    chosen: list[VolumeKeeping] = []
    for keeping in sorted(effect.volumes, key=lambda each: -each.leads):
        if chosen and sum(len(each.bands) for each in [*chosen, keeping]) > _ROWS_SHOWN:
            break
        chosen.append(keeping)
    return [keeping for keeping in effect.volumes if keeping in chosen]


def _proposed_cells(band: BandVolume, scale: LeadScoreSpec, language: Language) -> tuple[str, str]:
    if band.proposed is None:
        return say("publishing.no_proposal", language), say("publishing.no_proposal", language)
    return _threshold_cell(band.proposed, scale, language), f"{band.leads_proposed:,}"


def _threshold_cell(threshold: int, scale: LeadScoreSpec, language: Language) -> str:
    if threshold == 0:
        return "0"
    chance = _chance_of(threshold, scale, language)
    return say("publishing.threshold_cell", language, threshold=threshold, chance=chance)


def _chance_of(points: float, scale: LeadScoreSpec, language: Language) -> str:
    margin = np.array([Scale.agreed(scale).margin_of(points)])
    return chance_in_words(float(probability(margin)[0]), language)


def publishing_lines(effect: PublishingEffect, scale: LeadScoreSpec, language: Language) -> list[str]:
    """Say who changes band with and without new thresholds, and end in what to do.

    Parameters
    ----------
    effect : PublishingEffect
    scale : LeadScoreSpec
    language : {"en", "ja"}

    Returns
    -------
    lines : list of str
        At most seven; only ids of leads, nothing personal.
    """
    if effect.leads == 0:
        return [say("publishing.nobody_open", language)]
    left_out = len(effect.volumes) - len(_shown_lists(effect))
    moves = any(keeping.moves for keeping in effect.volumes)
    return [
        *([say("publishing.more", language, count=left_out)] if left_out else []),
        _crossings_line("crosses", effect.as_they_stand, language),
        *_largest_line(effect.as_they_stand, scale, language),
        *_too_few_line(effect.volumes, language),
        *([_crossings_line("crosses_then", effect.volume_keeping, language)] if moves else []),
        *_what_to_do(effect.volumes, language),
    ]


def _crossings_line(key: str, crossings: Crossings, language: Language) -> str:
    if not crossings.leads:
        return say(f"publishing.nobody_{key}", language)
    several_lists = len({count.bands_of for count in crossings.counts}) > 1
    moves = [_move(count, language, with_list=several_lists) for count in crossings.counts[:_MOVES_SHOWN]]
    if further := sum(count.leads for count in crossings.counts[_MOVES_SHOWN:]):
        moves.append(say("publishing.further_moves", language, leads=f"{further:,}"))
    leads = _leads(len(crossings.leads), language)
    return say(f"publishing.{key}", language, leads=leads, moves=say("publishing.join", language).join(moves))


def _move(count: CrossingCount, language: Language, *, with_list: bool) -> str:
    move = say("publishing.move", language, from_band=count.from_band, to_band=count.to_band, leads=f"{count.leads:,}")
    return f"{count.bands_of} {move}" if with_list else move


def _largest_line(crossings: Crossings, scale: LeadScoreSpec, language: Language) -> list[str]:
    largest = [
        say(
            "publishing.largest_lead",
            language,
            lead_id=lead.lead_id,
            before=lead.score_before,
            after=lead.score_after,
            chance=_chance_of(lead.unclipped_after, scale, language),
        )
        for lead in crossings.leads[:_LEADS_SHOWN]
    ]
    if not largest:
        return []
    return [say("publishing.largest", language, leads=say("publishing.join", language).join(largest))]


def _too_few_line(volumes: Sequence[VolumeKeeping], language: Language) -> list[str]:
    """Say for which lists no threshold is proposed, and why: all in one line."""
    few = [
        say("publishing.few", language, of=keeping.of, leads=_leads(keeping.leads, language))
        for keeping in volumes
        if keeping.too_few
    ]
    if not few:
        return []
    return [say("publishing.too_few", language, lists=say("publishing.join", language).join(few), fewest=FEWEST_LEADS)]


def _what_to_do(volumes: Sequence[VolumeKeeping], language: Language) -> list[str]:
    if all(keeping.too_few for keeping in volumes):
        return []
    between = say("publishing.join", language)
    bands = [
        say(
            "publishing.write_bands",
            language,
            of=keeping.of,
            thresholds=between.join(f"{band.band} {band.proposed}" for band in keeping.bands),
        )
        for keeping in volumes
        if keeping.moves
    ]
    if not bands:
        return [say("publishing.stay", language)]
    return [say("publishing.write", language, bands=say("publishing.join_lists", language).join(bands))]


def _leads(number: int, language: Language) -> str:
    return say("publishing.lead" if number == 1 else "publishing.leads", language, number=f"{number:,}")
