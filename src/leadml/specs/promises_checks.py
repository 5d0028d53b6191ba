"""What the promises of `sla.yaml` must fulfil as a whole: bands that do not cross, and promises that can be kept."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import orjson
from pydantic import ValidationError

from leadml.errors import LeadmlError
from leadml.specs.calendar_spec import BusinessHoursSpec, span_of_day
from leadml.specs.definitions_checks import named_twice, stages_without_way, unknown_words
from leadml.specs.promises_spec import (
    DEFAULT,
    HIGHEST,
    USUAL_CHANNELS,
    USUAL_POINTS_TO_DOUBLE_ODDS,
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
    if lists and DEFAULT not in lists:
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
    if days is None or days <= 0:
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
    calendar = written.mapping("calendar")
    if not calendar or calendar.get("after_hours") == "next_open":
        return days * 24
    try:
        hours = BusinessHoursSpec.model_validate_json(orjson.dumps(calendar["business_hours"]))
    except KeyError:
        hours = BusinessHoursSpec.office_week()
    except ValidationError:
        return days * 24
    return hours.most_minutes_in(round(days * _MINUTES_A_DAY)) / 60


def _cadences(written: Written) -> Iterator[LeadmlError]:
    places: list[Place] = [
        (*_BANDS, lead_type, number, "connect_attempts")
        for lead_type in written.mapping(*_BANDS)
        for number in range(len(written.entries(*_BANDS, lead_type)))
    ]
    for place in (("promises", "connect_attempts"), *filter(lambda place: written.mapping(*place), places)):
        yield from _cadence(written, place)


def _cadence(written: Written, place: Place) -> Iterator[LeadmlError]:
    usual = CadenceSpec()
    counted = written.words("definitions", "connect_attempt", "channels") or USUAL_CHANNELS
    channels = written.words(*place, "channels") or usual.channels
    yield from unknown_words(written, (*place, "channels"), channels, counted)
    sequence = written.words(*place, "sequence")
    yield from unknown_words(written, (*place, "sequence"), sequence, channels)
    at_least = written.number(*place, "at_least")
    at_least = usual.at_least if at_least is None else at_least
    if len(sequence) > at_least:
        where = written.where(*place, "sequence")
        yield LeadmlError("sequence_too_long", where=where, length=len(sequence), least=f"{at_least:g}")
    days = written.number(*place, "within_days") or usual.within_days
    a_day, apart = written.number(*place, "most_a_day"), written.number(*place, "hours_between")
    if a_day and at_least > a_day * math.ceil(days):
        yield LeadmlError(
            "attempts_over_most_a_day",
            where=written.where(*place, "most_a_day"),
            least=f"{at_least:g}",
            most=f"{a_day * math.ceil(days):g}",
            days=f"{days:g}",
        )
    if apart and (at_least - 1) * apart > days * 24:
        yield LeadmlError(
            "attempts_too_far_apart",
            where=written.where(*place, "hours_between"),
            least=f"{at_least:g}",
            needed=f"{(at_least - 1) * apart / 24:g}",
            days=f"{days:g}",
        )
    quiet = span_of_day(written.word(*place, "quiet_hours") or "")
    if quiet is not None and (quiet[0] == quiet[1] or quiet == (0, _MINUTES_A_DAY)):
        yield LeadmlError("quiet_all_day", where=written.where(*place, "quiet_hours"))


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
    _stagnation,
)
