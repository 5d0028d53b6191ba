"""How a report on the agreement is told: what was promised and kept, how long it took, and both sides' targets."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta

from leadml.agreed.phrases import own_word, own_words_listed, plainly
from leadml.kept.figures import Delay, Share
from leadml.kept.judging import Judged
from leadml.kept.report import Group, SlaReport, Target, Took, View
from leadml.kept.states import AT_RISK_ABOVE, Promise, State
from leadml.kept.terms import BandSource
from leadml.kept.timeline import Event, Timeline
from leadml.outcomes import NEVER
from leadml.reports.comparison import at_the_beginning
from leadml.reports.text_table import TextTable
from leadml.wording.numbers import percent, plain
from leadml.wording.texts import Language, say

# Below so many leads an interval is said beside a share of a group.
_FEW = 100
# Promises that a group's row tells.
_OF_GROUPS = (Promise.ACCEPTED, Promise.FIRST_ATTEMPT, Promise.ATTEMPTS_MADE)
TARGET_OF = {
    Promise.ACCEPTED: "accepted_in_time",
    Promise.FIRST_ATTEMPT: "first_attempt_in_time",
    Promise.ATTEMPTS_MADE: "attempts_made",
    Promise.RETURN_REASON: "returned_with_reason",
}


def sla_report(report: SlaReport, view: View, language: Language) -> Iterator[TextTable | str]:
    """Tell a report in short.

    Parameters
    ----------
    report : SlaReport
    view : {"owner", "band", "lead_type", "week"}
        By what the last table is grouped.
    language : {"en", "ja"}

    Yields
    ------
    part : TextTable or str
        What was promised and kept, how long it took, marketing's side, targets, leads that are stuck, groups.
    """
    yield head_line(report, language)
    if not report.whole.hand_overs:
        yield say("kept.no_hand_overs", language)
        return
    yield promise_table(report, language)
    yield from source_lines(report, language)
    yield delay_table(report, language)
    yield from marketing_lines(report, language)
    if report.targets:
        yield target_table(report.targets, language)
    if report.stays:
        yield stay_table(report, language)
    yield group_table(report, view, language)


def head_line(report: SlaReport, language: Language) -> str:
    """Say which agreement, which hand-overs, and as known when."""
    judged = report.judged
    return say(
        "kept.head",
        language,
        version=judged.agreement.version,
        hand_overs=report.whole.hand_overs,
        period=_period(report, language),
        as_of=local_moment(judged, judged.as_of),
        zone=judged.calendar.zone.key,
    )


def local_moment(judged: Judged, instant: int) -> str:
    """Write an instant for a reader, to the minute, in the time zone of the agreement."""
    return datetime.fromisoformat(judged.calendar.local(instant)).strftime("%Y-%m-%d %H:%M")


def _period(report: SlaReport, language: Language) -> str:
    period = report.period
    key = {(True, True): "between", (True, False): "since", (False, True): "until", (False, False): "always"}
    ends = {
        "begin": _day_or_moment(report.judged, period.begin, timedelta()) if period.begins else "",
        "end": _day_or_moment(report.judged, period.end, timedelta(days=1)) if period.ends else "",
    }
    return say(f"kept.{key[period.begins, period.ends]}", language, **ends)


def _day_or_moment(judged: Judged, instant: int, before: timedelta) -> str:
    """Say an end of a period as a day, as it was asked for; a period that ends at midnight ends with the day before."""
    local = datetime.fromisoformat(judged.calendar.local(instant))
    return local_moment(judged, instant) if local.time() != time.min else (local - before).date().isoformat()


def promise_table(report: SlaReport, language: Language) -> TextTable:
    """Lay out each promise that was owed to anybody: how it stands, and the target."""
    table = TextTable(say("kept.promises_table", language), [say("kept.promise", language)])
    table.add_column(say("kept.share", language), right=True, no_wrap=True)
    table.add_column(say("kept.target", language), right=True)
    for state in State:
        table.add_column(at_the_beginning(say(f"kept.state.{state}", language)), right=True)
    targets = {target.name: target for target in report.targets}
    for promise, tally in report.whole.promises.items():
        if tally.is_owed:
            target = targets.get(TARGET_OF.get(promise, ""))
            table.add_row(
                say(f"kept.promises.{promise}", language),
                share_in_words(tally.share, language),
                "" if target is None else percent(target.target, language),
                *(f"{getattr(tally, state.value):,}" for state in State),
            )
    return table


def share_in_words(share: Share, language: Language, *, interval: bool = True) -> str:
    """Say a share, with its interval."""
    if share.value is None or share.low is None or share.high is None:
        return say("kept.no_share", language)
    said = percent(share.value, language)
    if not interval:
        return said
    low, high = (percent(end, language) for end in (share.low, share.high))
    return say("kept.of_few", language, share=said, low=low, high=high)


def source_lines(report: SlaReport, language: Language) -> list[str]:
    """Say where bands are known from, why clocks stopped, and what the history never says."""
    sources, stops = report.sources, report.stops
    counts = {source.value: sources.get(source.value, 0) for source in BandSource}
    lines = [say("kept.bands", language, **counts)]
    if counts[BandSource.NONE]:
        lines.append(say("kept.no_band", language, count=counts[BandSource.NONE]))
    named = {name: stops.get(name, 0) for name in ("returned", "closed", "won", "went_back", "handed_again")}
    lines.append(say("kept.stops", language, **named))
    unknown, since = report.whole.promises[Promise.ACCEPTED].unknown, report.judged.done.accepting_known_from
    if unknown and since == NEVER:
        lines.append(say("kept.no_acceptance", language))
    elif unknown:
        lines.append(say("kept.accepted_since", language, since=local_moment(report.judged, since), count=unknown))
    return lines


def delay_table(report: SlaReport, language: Language) -> TextTable:
    """Lay out how long it took, before the hand-over and after it."""
    table = TextTable(say("kept.delays_table", language), [say("kept.took", language)])
    for column in ("leads", "done", "business_p50", "business_p90", "wall_p50", "wall_p90"):
        table.add_column(say(f"kept.{column}", language), right=True)
    for took, delay in report.whole.delays.items():
        hours = (delay.business_p50, delay.business_p90, delay.wall_p50, delay.wall_p90)
        table.add_row(
            say(f"kept.delay.{took}", language),
            f"{delay.leads:,}",
            f"{delay.done:,}",
            *(hours_in_words(each, delay, language) for each in hours),
        )
    return table


def hours_in_words(hours: float | None, delay: Delay, language: Language) -> str:
    """Say hours, or that so many were not done yet; days would hide how long a business day is."""
    if hours is None:
        return say("kept.not_reached" if delay.leads else "kept.no_share", language)
    return plain(round(hours, 1))


def marketing_lines(report: SlaReport, language: Language) -> list[str]:
    """Say what marketing delivered: volume, returns, what stayed, and fields that were missing."""
    side = report.marketing
    grace = report.judged.agreement.definitions.ready.not_returned_within_days
    days = plain(grace)
    if side.a_week is None:
        lines = [say("kept.no_whole_week", language)]
    else:
        weeks = sum(week.whole for week in side.weeks)
        lines = [say("kept.volume", language, a_week=_a_week(side.a_week), weeks=weeks)]
    # Where nobody agreed on a grace, all have stayed as soon as they come.
    for key, share in (
        (("came_back", side.returned), ("stayed", side.stayed)) if grace else (("stopped", side.returned),)
    ):
        if share.of:
            said = share_in_words(share, language)
            lines.append(say(f"kept.{key}", language, part=share.part, of=share.of, share=said, days=days))
    if not side.returned.of:
        lines.append(say("kept.none_over" if grace else "kept.none_stopped", language, days=days))
    if side.young:
        lines.append(
            say("kept.young" if grace else "kept.with_sales", language, young=side.young, returned=side.young_returned)
        )
    if side.incomplete.of:
        fields = "、".join if language == "ja" else ", ".join
        lacking = fields(
            say("kept.lacking", language, attribute=attribute, count=count)
            for attribute, count in side.lacking.items()
            if count
        )
        key = "incomplete" if side.incomplete.part else "complete"
        lines.append(say(f"kept.{key}", language, part=side.incomplete.part, of=side.incomplete.of, fields=lacking))
    return lines


def target_table(targets: Sequence[Target], language: Language) -> TextTable:
    """Lay out the targets of both sides: met, or missed."""
    table = TextTable(say("kept.targets_table", language), [say("kept.what", language)])
    for column in ("target", "reached"):
        table.add_column(say(f"kept.{column}", language), right=True)
    table.add_column(say("kept.result", language))
    for target in targets:
        limit = _as_target(target, target.target, language)
        key = "target_at_most" if target.at_most else "target_at_least"
        result = "not_known" if target.met is None else "met" if target.met else "missed"
        table.add_row(
            say(f"kept.targets.{target.name}", language),
            say(f"kept.{key}", language, target=limit),
            say("kept.no_share", language) if target.reached is None else _as_target(target, target.reached, language),
            say(f"kept.{result}", language),
        )
    return table


def _as_target(target: Target, value: float, language: Language) -> str:
    return _a_week(value) if target.name == "hand_overs_a_week" else percent(value, language)


def _a_week(hand_overs: float) -> str:
    return f"{hand_overs:,.1f}".removesuffix(".0")


def stay_table(report: SlaReport, language: Language) -> TextTable:
    """Lay out where leads get stuck."""
    limits = report.judged.agreement.promises.stagnation_days or {}
    table = TextTable(say("kept.stays_table", language), [say("kept.stage", language)])
    table.add_column(say("kept.days", language), right=True)
    for column in ("moved_on", "stuck"):
        table.add_column(say(f"kept.{column}", language), right=True)
    for state in (State.OPEN, State.AT_RISK, State.NOT_OWED):
        table.add_column(at_the_beginning(say(f"kept.state.{state}", language)), right=True)
    for stage, tally in report.stays.items():
        counts = (tally.kept, tally.broken, tally.open, tally.at_risk, tally.not_owed)
        table.add_row(plainly(stage), plain(limits[stage]), *(f"{count:,}" for count in counts))
    return table


def group_table(report: SlaReport, view: View, language: Language) -> TextTable:
    """Lay out the figures of each owner, band, lead type or week."""
    said = say(f"kept.view.{view}", language)
    table = TextTable(say("kept.groups_table", language, view=said), [at_the_beginning(said)])
    table.add_column(say("kept.hand_overs", language), right=True)
    for promise in _OF_GROUPS:
        table.add_column(say(f"kept.column.{promise}", language), right=True, no_wrap=True)
    table.add_column(say("kept.returned", language), right=True, no_wrap=True)
    for column in ("first_attempt_p50", "first_attempt_p90"):
        table.add_column(say(f"kept.{column}", language), right=True)
    groups = report.groups[view]
    for place, group in enumerate(groups):
        name = group_name(report, view, group, language)
        table.add_row(name, *_group_cells(group, language), ends_section=place == len(groups) - 1)
    table.add_row(say("kept.everyone", language), *_group_cells(report.whole, language), bold=True)
    return table


def group_name(report: SlaReport, view: View, group: Group, language: Language) -> str:
    """Name a group as people read it."""
    if group.name is None:
        return say("kept.nobody" if view == "owner" else "kept.not_known", language)
    label = report.judged.agreement.definitions.lead_types.get(group.name) if view == "lead_type" else None
    return group.name if label is None else str(getattr(label, language))


def _group_cells(group: Group, language: Language) -> list[str]:
    shares = [*(group.promises[promise].share for promise in _OF_GROUPS), group.returned]
    delay: Delay = group.delays[Took.TO_ATTEMPT]
    return [
        f"{group.hand_overs:,}",
        *(share_in_words(share, language, interval=share.of < _FEW) for share in shares),
        hours_in_words(delay.business_p50, delay, language),
        hours_in_words(delay.business_p90, delay, language),
    ]


def counted_lines(report: SlaReport, language: Language) -> list[str]:
    """Say how promises are counted."""
    values = {"share": percent(AT_RISK_ABOVE, language), "as_of": local_moment(report.judged, report.judged.as_of)}
    keys = ("deadline", "stop", "attempts", "risk", "known", "share", "returned", "owner", "delay")
    return [say(f"kept.counted.{key}", language, **values) for key in keys]


def timeline_parts(
    report: SlaReport, timelines: Sequence[Timeline], lead_id: str, language: Language
) -> Iterator[TextTable | str]:
    """Tell the hand-overs of one lead, step by step.

    Parameters
    ----------
    report : SlaReport
    timelines : sequence of Timeline
        Of this lead.
    lead_id : str
    language : {"en", "ja"}

    Yields
    ------
    part : TextTable or str
    """
    if not timelines:
        never = not report.period.begins and not report.period.ends
        yield say("kept.never_handed_over" if never else "kept.not_in_period", language, lead=lead_id)
    for timeline in timelines:
        names = {name: getattr(timeline, name) or say("kept.not_known", language) for name in ("band", "owner")}
        label = report.judged.agreement.definitions.lead_types.get(timeline.lead_type or "")
        lead_type = timeline.lead_type or say("kept.not_known", language)
        title = say(
            "kept.timeline_title",
            language,
            lead=lead_id,
            at=local_moment(report.judged, timeline.events[0].at),
            lead_type=lead_type if label is None else getattr(label, language),
            **names,
        )
        yield title
        table = TextTable("", [say("kept.when", language), say("kept.what", language)])
        for event in timeline.events:
            table.add_row(local_moment(report.judged, event.at), event_in_words(event, language))
        yield table
        yield say(f"kept.band_from.{timeline.band_from}", language)
        cadence = timeline.cadence
        yield say(
            "kept.attempts_counted",
            language,
            attempts=timeline.attempts,
            promised=cadence.at_least,
            days=plain(cadence.within_days),
            channels=own_words_listed(cadence.channels, language),
        )
        for promise, state in timeline.promises.items():
            names = {name: say(f"kept.{kind}", language) for name, kind in _named(promise, state).items()}
            yield say("kept.outcome", language, **names)


def _named(promise: str, state: str) -> dict[str, str]:
    return {"promise": f"promises.{promise}", "state": f"state.{state}"}


def event_in_words(event: Event, language: Language) -> str:
    """Say what happened, or what is due."""
    if event.kind == "due":
        said = _named(event.words["promise"] or "", event.words["state"] or "")
        return say("kept.event.due", language, **{name: say(f"kept.{key}", language) for name, key in said.items()})
    if event.kind == "stopped":
        return say(f"kept.event.stopped_by.{event.words['because']}", language)
    missing = say("kept.without_reason" if event.kind == "returned" else "kept.not_known", language)
    words = {name: missing if not word else _event_word(name, word, language) for name, word in event.words.items()}
    return say(f"kept.event.{event.kind}", language, **words)


def _event_word(name: str, word: str, language: Language) -> str:
    """Say a word of an event; the name of an owner as it is written."""
    if name == "owner":
        return word
    return plainly(word) if name == "reason" else own_word(word, language)
