"""What the promises of `sla.yaml` must fulfil as a whole: bands that do not cross, and promises that can be kept."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import orjson
from pydantic import ValidationError

from leadml.errors import LeadmlError
from leadml.specs.calendar_spec import BusinessHoursSpec, minutes_of, span_of_day
from leadml.specs.definitions_checks import named_twice, stages_without_way, unknown_words
from leadml.specs.promises_spec import (
    DEFAULT,
    HIGHEST,
    MOST_DAYS,
    USUAL_CHANNELS,
    USUAL_POINTS_TO_DOUBLE_ODDS,
    USUAL_RESULTS,
    CadenceSpec,
    score_of,
)
from leadml.specs.written import Place, Written

_BANDS = ("promises", "bands")
_STAGES = ("definitions", "lifecycle_stages")
_MINUTES_A_DAY = 24 * 60


def _bands(written: Written) -> Iterator[LeadmlError]:
    """Check the lists of bands, each from the top down."""
    lists = written.mapping(*_BANDS)
    if isinstance(written.get(*_BANDS), dict) and DEFAULT not in lists:
        yield LeadmlError("bands_without_default", where=written.where(*_BANDS))
    lead_types = written.mapping("definitions", "lead_types")
    if lead_types:
        yield from unknown_words(written, _BANDS, lists, (DEFAULT, *lead_types))
    for lead_type in lists:
        places = [(*_BANDS, lead_type, number) for number in range(len(written.entries(*_BANDS, lead_type)))]
        yield from named_twice(written, [(*place, "name") for place in places])
        yield from _thresholds(written, places)
        yield from _stages_of(written, places)
        for place in places:
            yield from _within_age(written, place)


def _thresholds(written: Written, places: Sequence[Place]) -> Iterator[LeadmlError]:
    limits = [_threshold(written, place) for place in places]
    for place in places:
        if written.number(*place, "probability_at_least") is not None and "score_at_least" in written.mapping(*place):
            yield LeadmlError(
                "two_thresholds", where=written.where(*place, "probability_at_least"), band=_name(written, place)
            )
    if limits and limits[-1] not in (0, None):
        yield LeadmlError(
            "last_band_not_zero", where=written.where(*places[-1]), band=_name(written, places[-1]), limit=limits[-1]
        )
    for number in range(1, len(limits)):
        upper, lower = limits[number - 1], limits[number]
        if upper is None or lower is None:
            continue
        above, band = _name(written, places[number - 1]), _name(written, places[number])
        stays = written.number(*places[number - 1], "stays_within_points") or 0
        if lower >= upper:
            yield LeadmlError(
                "bands_do_not_fall",
                where=written.where(*places[number]),
                band=band,
                limit=lower,
                above=above,
                above_limit=upper,
            )
        elif stays and upper - stays <= lower:
            yield LeadmlError(
                "band_reaches_next",
                where=written.where(*places[number - 1], "stays_within_points"),
                band=above,
                leaves=f"{upper - stays:g}",
                next=band,
                limit=lower,
                most=upper - lower - 1,
            )


def _threshold(written: Written, place: Place) -> int | None:
    """Give the points from which a band begins; None where that is broken."""
    band = written.mapping(*place)
    if band.get("probability_at_least") is None:
        limit = written.number(*place, "score_at_least") if "score_at_least" in band else 0
        return int(limit) if limit is not None and 0 <= limit <= HIGHEST and limit == int(limit) else None
    probability = written.number(*place, "probability_at_least")
    scale = ("definitions", "lead_score")
    at_50 = written.number(*scale, "probability_at_50")
    doubles = written.number(*scale, "points_to_double_odds") or USUAL_POINTS_TO_DOUBLE_ODDS
    if probability is None or at_50 is None or not (0 < probability < 1 and 0 < at_50 < 1 and doubles > 0):
        return None
    return score_of(probability, at_50, doubles)


def _stages_of(written: Written, places: Sequence[Place]) -> Iterator[LeadmlError]:
    stages = written.words(*_STAGES)
    latest: tuple[str, int] | None = None
    for place in reversed(places):
        stage = written.word(*place, "lifecycle_stage")
        if stage is None:
            if written.mapping(*place).get("automatic") is True:
                where = written.where(*place, "automatic")
                yield LeadmlError("automatic_without_stage", where=where, band=_name(written, place))
            continue
        yield from unknown_words(written, (*place, "lifecycle_stage"), [stage], stages)
        yield from stages_without_way(written, (*place, "lifecycle_stage"))
        if stage not in stages:
            continue
        if latest is not None and stages.index(stage) < latest[1]:
            yield LeadmlError(
                "band_stages_cross",
                where=written.where(*place, "lifecycle_stage"),
                band=_name(written, place),
                stage=stage,
                below=latest[0],
                below_stage=stages[latest[1]],
            )
        elif latest is None or stages.index(stage) > latest[1]:
            latest = (_name(written, place), stages.index(stage))


def _within_age(written: Written, place: Place) -> Iterator[LeadmlError]:
    """Check that a promise can be kept before a lead is too old."""
    days = written.number(*place, "maximum_age_days")
    if days is None or not 0 < days <= MOST_DAYS:
        return
    most = days * 24 if written.word(*place, "clock") == "wall" else _most_open_hours(written, days)
    for key in ("accept_within_hours", "first_attempt_within_hours"):
        hours = written.number(*place, key)
        if hours is not None and hours > most:
            yield LeadmlError(
                "later_than_maximum_age",
                where=written.where(*place, key),
                key=key,
                hours=f"{hours:g}",
                days=f"{days:g}",
                most=f"{math.floor(most * 10) / 10:g}",
            )


def _most_open_hours(written: Written, days: float) -> float:
    """Give the hours of the clock that can pass at most in so many days, without a holiday."""
    week = _week_of_clock(written)
    return days * 24 if week is None else week.most_minutes_in(round(days * _MINUTES_A_DAY)) / 60


def _week_of_clock(written: Written) -> BusinessHoursSpec | None:
    """Give the hours of a week in which the clock runs; None where it runs day and night, or they are broken."""
    calendar = written.mapping("calendar")
    if not calendar or calendar.get("after_hours") == "next_open":
        return None
    try:
        return BusinessHoursSpec.model_validate_json(orjson.dumps(calendar["business_hours"]))
    except KeyError:
        return BusinessHoursSpec.office_week()
    except ValidationError:
        return None


def _cadences(written: Written) -> Iterator[LeadmlError]:
    common: Place = ("promises", "connect_attempts")
    owed_while_open: dict[Place, Place] = {}  # as a set, in the order of the file
    yield from _cadence(written, common)
    for band in _places_of_bands(written):
        has_own = isinstance(written.get(*band, "connect_attempts"), dict)
        place = (*band, "connect_attempts") if has_own else common
        if has_own:
            yield from _cadence(written, place)
        if "first_attempt_within_hours" in written.mapping(*band) and written.word(*band, "clock") != "wall":
            owed_while_open[place] = band
    for place, band in owed_while_open.items():
        yield from _quiet_while_open(written, place, band)


def _places_of_bands(written: Written) -> Iterator[Place]:
    for lead_type in written.mapping(*_BANDS):
        for number in range(len(written.entries(*_BANDS, lead_type))):
            yield (*_BANDS, lead_type, number)


def _quiet_while_open(written: Written, place: Place, band: Place) -> Iterator[LeadmlError]:
    """Check that the quiet hours leave some of those in which a band owes a first attempt."""
    week, quiet = _week_of_clock(written), _quiet_hours(written, place)
    if week is None or quiet is None or _is_all_day(quiet):
        return
    spans = [minutes_of(span) for spans in week.of_week for span in spans]
    first, last = quiet
    if spans and all(
        first <= opens and closes <= last if first < last else first <= opens or closes <= last
        for opens, closes in spans
    ):
        where = written.where(*place, "quiet_hours")
        yield LeadmlError("quiet_while_open", where=where, band=_name(written, band))


def _quiet_hours(written: Written, place: Place) -> tuple[int, int] | None:
    return span_of_day(written.word(*place, "quiet_hours") or "")


def _is_all_day(quiet: tuple[int, int]) -> bool:
    return quiet[0] == quiet[1] or quiet == (0, _MINUTES_A_DAY)


def _cadence(written: Written, place: Place) -> Iterator[LeadmlError]:
    usual = CadenceSpec()
    counted = written.words("definitions", "connect_attempt", "channels") or USUAL_CHANNELS
    channels = written.words(*place, "channels") or usual.channels
    yield from unknown_words(written, (*place, "channels"), channels, counted)
    sequence = written.words(*place, "sequence")
    yield from unknown_words(written, (*place, "sequence"), sequence, channels)
    results = written.words("definitions", "connect_attempt", "results") or USUAL_RESULTS
    yield from unknown_words(written, (*place, "until"), written.words(*place, "until"), results)
    at_least = written.number(*place, "at_least")
    at_least = usual.at_least if at_least is None else at_least
    if len(sequence) > at_least:
        where = written.where(*place, "sequence")
        yield LeadmlError("sequence_too_long", where=where, length=len(sequence), least=f"{at_least:g}")
    quiet = _quiet_hours(written, place)
    if quiet is not None and _is_all_day(quiet):
        yield LeadmlError("quiet_all_day", where=written.where(*place, "quiet_hours"))
    days = written.number(*place, "within_days") or usual.within_days
    yield from _enough_days(written, place, at_least, days)


def _enough_days(written: Written, place: Place, at_least: float, days: float) -> Iterator[LeadmlError]:
    """Check that so many attempts fit into so many days."""
    a_day, apart = written.number(*place, "most_a_day"), written.number(*place, "hours_between")
    most = (a_day or 0) * (math.ceil(days) + 1)  # two days from noon on touch three
    if a_day and at_least > most:
        yield LeadmlError(
            "attempts_over_most_a_day",
            where=written.where(*place, "most_a_day"),
            least=f"{at_least:g}",
            most=f"{most:g}",
            days=f"{days:g}",
        )
    needed = (at_least - 1) * (apart or 0) / 24
    quiet = _quiet_hours(written, place)
    if apart is not None and apart * 60 >= 1 and quiet is not None and not _is_all_day(quiet):
        silent = (quiet[1] - quiet[0]) % _MINUTES_A_DAY
        nights = math.ceil(at_least / math.ceil((_MINUTES_A_DAY - silent) / (apart * 60))) - 1
        # From the end of the first day to the begin of the last one.
        needed = max(needed, nights - 1 + silent / _MINUTES_A_DAY)
    if apart and needed > days:
        yield LeadmlError(
            "attempts_too_far_apart",
            where=written.where(*place, "hours_between"),
            least=f"{at_least:g}",
            needed=f"{needed:g}",
            days=f"{days:g}",
        )


def _escalation(written: Written) -> Iterator[LeadmlError]:
    before = 0.0
    for number in range(len(written.entries("promises", "escalation"))):
        percent = written.number("promises", "escalation", number, "at_percent")
        if percent is None or percent <= 0:
            continue
        if percent <= before:
            where = written.where("promises", "escalation", number, "at_percent")
            yield LeadmlError("escalation_not_rising", where=where, percent=f"{percent:g}", before=f"{before:g}")
        before = percent


def _exploration(written: Written) -> Iterator[LeadmlError]:
    place = ("promises", "exploration_share")
    stages = written.words(*_STAGES)
    target = "sql" if "sql" in stages else written.word("definitions", "ready", "reach")
    if not written.number(*place) or target not in stages:
        return
    beyond = stages[stages.index(target) :]
    if not any(written.word(*band, "lifecycle_stage") in beyond for band in _places_of_bands(written)):
        yield LeadmlError("nothing_to_explore", where=written.where(*place), stage=target)


def _stagnation(written: Written) -> Iterator[LeadmlError]:
    place = ("promises", "stagnation_days")
    yield from unknown_words(written, place, written.mapping(*place), written.words(*_STAGES))


def _validity(written: Written) -> Iterator[LeadmlError]:
    begins = written.day("valid_from")
    for key in ("valid_to", "review_by"):
        day = written.day(key)
        if begins is not None and day is not None and day < begins:
            where = written.where(key)
            yield LeadmlError("ends_before_it_begins", where=where, key=key, day=day, begins=begins)


def _name(written: Written, place: Place) -> str:
    """Name a band; by its place where it has no name."""
    return written.word(*place, "name") or f"{place[-2]}[{place[-1]}]"


PROMISES_CHECKS: tuple[Callable[[Written], Iterable[LeadmlError]], ...] = (
    _validity,
    _bands,
    _cadences,
    _escalation,
    _exploration,
    _stagnation,
)
