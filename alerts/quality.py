"""How good the alarms of a centre were over a stretch of nights, from what was recorded of them (docs/quality.md).

What a person found is the measure: a *false alarm* told of what was not so; *no help needed* told of what was so, in
vain; *helped* and *escalated* were worth going. A nuisance alarm is a false one; those in vain are counted apart,
because a longer limit cures them and a better belt the others. Ward alarms elsewhere: 87-99 % are not actionable
(Bonafide 2015, PMC4456276); bed-exit alarms 68 % right and 31 % nuisance (M-BAS, fpubh.2016.00292).

Fails towards saying little: an alarm without an outcome counts as neither good nor bad, only as told, and is counted
as missing its outcome.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerts.shares import Lengths, Rate, Share
from domain.alarms import Alarm, Category, Outcome, Priority, Rule
from domain.clock import utc
from domain.nights import NOON, night_of, night_span
from domain.residents import WatchedSpan
from domain.roster import Shift, shifts_at
from domain.rounds import PlannedRound, Walked
from domain.units import MINUTE_MS

REPLY_OWED_MS: Final = 5 * MINUTE_MS
"""After this an alarm that nobody took goes to the whole list (design: escalation); a reply later than it is late."""
WATCHED_SHARE: Final = 0.5
"""A bed-night counts when a resident was on a bed with a belt for this share of the night's hours (own choice)."""
LOAD_WITHIN_MS: Final = 120 * MINUTE_MS
LOAD_FROM: Final = (0, 30, 80)
"""Bonafide 2015 found nurses slower the more alarms in vain there had been in the last 120 min: 0-29, 30-79, 80+."""
SOURCES_NAMED: Final = 3
GOOD: Final = frozenset({Outcome.HELPED, Outcome.ESCALATED})
IN_VAIN: Final = frozenset({Outcome.FALSE_ALARM, Outcome.NO_HELP_NEEDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What became of some alarms. `told`: raised, so that somebody was called.

    `right`: of those with an outcome, not false (the positive predictive value); `helpful`: helped or escalated.
    `without_outcome`: of those that are over. `response`: raised to taken (or closed at once) by a person;
    `resolving`: raised to the end. `unanswered`: ended by itself before anybody took it; `late`: not taken, and not
    over, within `REPLY_OWED_MS`. Alarms about a whole centre are asked for no outcome.
    """

    told: int
    false: int
    not_needed: int
    right: Share
    helpful: Share
    without_outcome: Share
    unanswered: Share
    late: Share
    response: Lengths
    resolving: Lengths

    @property
    def in_vain(self) -> Share:
        """False, or no help needed, of those with an outcome."""
        return Share(count=self.false + self.not_needed, of=self.right.of)

    @property
    def false_share(self) -> Share:
        return Share(count=self.false, of=self.right.of)

    @property
    def not_needed_share(self) -> Share:
        return Share(count=self.not_needed, of=self.right.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A bed and the resident on it, and how many alarms of one kind came from there."""

    bed_id: str
    resident_id: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFigures:
    """One rule's figures; the beds where most of its false alarms, and of those without need, came from."""

    rule: Rule
    figures: Figures
    false_from: tuple[Source, ...]
    not_needed_from: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HourFigures:
    """Alarms raised in one local hour (0-23), over all nights."""

    hour: int
    told: int
    in_vain: int
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftFigures:
    """Alarms raised while one shift of the roster ran, over all nights; `shift` is None for those while none ran.

    `nuisance` is by the same bed-nights as of all shifts. Of overlapping shifts an alarm is in each.
    """

    shift: Shift | None
    figures: Figures
    nuisance: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFigures:
    """What became of the rounds that were planned; those that may yet be walked are not counted."""

    done: Share
    partial: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NightFigures:
    """Alarms that began from noon to noon, beside the beds watched that night."""

    night: date
    bed_nights: int
    told: int
    false: int
    not_needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFigures:
    """Alarms before which `from_count` or more (and fewer than the next band) in vain had been raised in 120 min."""

    from_count: int
    told: int
    response: Lengths


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The nights `first` to `last`, both included. `recorded`: nobody was called; in nothing else.

    `by_rule`: the poorest record first, rules with too few outcomes last.
    """

    first: date
    last: date
    bed_nights: int
    recorded: int
    all: Figures
    by_rule: tuple[RuleFigures, ...]
    by_priority: Mapping[Priority, Figures]
    by_hour: tuple[HourFigures, ...]
    by_night: tuple[NightFigures, ...]
    by_load: tuple[LoadFigures, ...]
    by_shift: tuple[ShiftFigures, ...]
    rounds: RoundFigures

    @property
    def nuisance(self) -> Rate:
        """False alarms in a bed-night."""
        return Rate(count=self.all.false, bed_nights=self.bed_nights)

    @property
    def not_needed(self) -> Rate:
        return Rate(count=self.all.not_needed, bed_nights=self.bed_nights)

    @property
    def told(self) -> Rate:
        return Rate(count=self.all.told, bed_nights=self.bed_nights)


def measure(
    alarms: Sequence[Alarm],
    spans: Sequence[WatchedSpan],
    first: date,
    last: date,
    *,
    tz: ZoneInfo,
    now: int,
    shifts: Sequence[Shift] = (),
    planned: Sequence[PlannedRound] = (),
) -> Quality:
    """The quality of `alarms`, which began in these nights, noon to noon, given who was watched (`spans`).

    `now` (ms): how long what is still open has waited. `shifts` are those of the roster, `planned` the rounds of these
    nights.
    """
    told = sorted((alarm for alarm in alarms if was_told(alarm)), key=lambda alarm: alarm.raised_at)
    watched = watched_nights(spans, first, last, tz)
    bed_nights = sum(watched.values())
    return Quality(
        first=first,
        last=last,
        bed_nights=bed_nights,
        recorded=len(alarms) - len(told),
        all=figures(told, now),
        by_rule=_by_rule(told, now),
        by_priority={which: figures([a for a in told if a.priority is which], now) for which in Priority},
        by_hour=_by_hour(told, tz, now),
        by_night=_by_night(told, watched, tz),
        by_load=_by_load(told),
        by_shift=_by_shift(told, shifts, bed_nights, tz, now),
        rounds=_rounds(planned),
    )


def watched_nights(spans: Sequence[WatchedSpan], first: date, last: date, tz: ZoneInfo) -> dict[date, int]:
    """How many residents were watched, by night: on a bed with a belt for `WATCHED_SHARE` of 18:00 to 10:00.

    From stays and mountings: a belt that was there and silent counts, which its own alarms tell.
    """
    nights = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {night: _watched(spans, *night_span(night, tz)) for night in nights}


def was_told(alarm: Alarm) -> bool:
    """Was anybody called? Not where it was over when it was seen (`EventKind.RECORDED`), nor where another alarm or a
    pause for care speaks for it.
    """
    at_once = alarm.resolved_at is not None and alarm.resolved_at <= alarm.raised_at
    return alarm.held_by is None and not (at_once and alarm.resolved_by is None)


def answered_at(alarm: Alarm) -> int | None:
    """When somebody took it, or closed it without that (ms); None when it ended by itself or is still open."""
    if alarm.acknowledged_at is not None:
        return alarm.acknowledged_at
    return alarm.resolved_at if alarm.resolved_by is not None else None


def asks_for_outcome(alarm: Alarm) -> bool:
    """Is somebody to say what it was? Whether a belt was silent is known; so it is not asked of technical matters."""
    return alarm.category is not Category.TECHNICAL


def wants_outcome(alarm: Alarm) -> bool:
    """Was somebody called for it, is it over, and has nobody said what it was?"""
    return alarm.resolved_at is not None and alarm.outcome is None and asks_for_outcome(alarm) and was_told(alarm)


def figures(told: Sequence[Alarm], now: int) -> Figures:
    """The figures of alarms that were told."""
    outcomes = Counter(alarm.outcome for alarm in told if alarm.outcome is not None)
    given = outcomes.total()
    over = [alarm for alarm in told if alarm.resolved_at is not None]
    asked = [alarm for alarm in over if asks_for_outcome(alarm)]
    answers = [(alarm, answered_at(alarm)) for alarm in told]
    return Figures(
        told=len(told),
        false=outcomes[Outcome.FALSE_ALARM],
        not_needed=outcomes[Outcome.NO_HELP_NEEDED],
        right=Share(count=given - outcomes[Outcome.FALSE_ALARM], of=given),
        helpful=Share(count=sum(outcomes[which] for which in GOOD), of=given),
        without_outcome=Share(count=sum(wants_outcome(alarm) for alarm in asked), of=len(asked)),
        unanswered=Share(count=sum(answered_at(alarm) is None for alarm in over), of=len(told)),
        late=Share(count=sum(_late(alarm, now) for alarm in told), of=len(told)),
        response=Lengths.of([max(0, at - alarm.raised_at) for alarm, at in answers if at is not None]),
        resolving=Lengths.of([max(0, alarm.resolved_at - alarm.raised_at) for alarm in over if alarm.resolved_at]),
    )


def _watched(spans: Sequence[WatchedSpan], start_at: int, end_at: int) -> int:
    lengths_ms: dict[str, int] = defaultdict(int)
    for span in spans:
        inside_ms = min(span.end_at, end_at) - max(span.start_at, start_at)
        lengths_ms[span.resident_id] += max(0, inside_ms)
    return sum(length_ms >= WATCHED_SHARE * (end_at - start_at) for length_ms in lengths_ms.values())


def _late(alarm: Alarm, now: int) -> bool:
    answered, over = answered_at(alarm), alarm.resolved_at
    until = min(at for at in (answered, over, now) if at is not None)
    return until - alarm.raised_at > REPLY_OWED_MS


def _by_rule(told: Sequence[Alarm], now: int) -> tuple[RuleFigures, ...]:
    grouped: dict[Rule, list[Alarm]] = defaultdict(list)
    for alarm in told:
        grouped[alarm.rule].append(alarm)
    found = [
        RuleFigures(
            rule=rule,
            figures=figures(group, now),
            false_from=_sources(alarm for alarm in group if alarm.outcome is Outcome.FALSE_ALARM),
            not_needed_from=_sources(alarm for alarm in group if alarm.outcome is Outcome.NO_HELP_NEEDED),
        )
        for rule, group in grouped.items()
    ]
    return tuple(sorted(found, key=_poorest))


def _poorest(one: RuleFigures) -> tuple[bool, float, int, str]:
    """By what at least can be held against the rule, so that two bad ones of ten come after forty of a hundred."""
    interval = one.figures.in_vain.interval
    return not one.figures.in_vain.enough, -interval[0] if interval else 0.0, -one.figures.told, one.rule


def _sources(alarms: Iterable[Alarm]) -> tuple[Source, ...]:
    """The beds with most of them; one alarm is no pattern."""
    counts = Counter((alarm.bed_id, alarm.resident_id) for alarm in alarms if not alarm.of_center)
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:SOURCES_NAMED]
    return tuple(Source(bed_id=bed, resident_id=who, count=n) for (bed, who), n in most if n > 1)


def _by_hour(told: Sequence[Alarm], tz: ZoneInfo, now: int) -> tuple[HourFigures, ...]:
    groups: dict[int, list[Alarm]] = {hour: [] for hour in range(24)}
    for alarm in told:
        groups[utc(alarm.raised_at).astimezone(tz).hour].append(alarm)
    return tuple(
        HourFigures(
            hour=hour,
            told=len(group),
            in_vain=sum(alarm.outcome in IN_VAIN for alarm in group),
            late=sum(_late(alarm, now) for alarm in group),
        )
        for hour, group in groups.items()
    )


def _by_night(told: Sequence[Alarm], watched: Mapping[date, int], tz: ZoneInfo) -> tuple[NightFigures, ...]:
    groups: dict[date, list[Alarm]] = {night: [] for night in watched}
    for alarm in told:
        groups.setdefault(night_of(alarm.began_at, tz), []).append(alarm)
    return tuple(
        NightFigures(
            night=night,
            bed_nights=watched[night],
            told=len(groups[night]),
            false=sum(alarm.outcome is Outcome.FALSE_ALARM for alarm in groups[night]),
            not_needed=sum(alarm.outcome is Outcome.NO_HELP_NEEDED for alarm in groups[night]),
        )
        for night in sorted(watched)
    )


def _by_load(told: Sequence[Alarm]) -> tuple[LoadFigures, ...]:
    """`told` is in the order of `raised_at`."""
    vain_at = [alarm.raised_at for alarm in told if alarm.outcome in IN_VAIN]
    groups: dict[int, list[Alarm]] = {low: [] for low in LOAD_FROM}
    for alarm in told:
        since = bisect_left(vain_at, alarm.raised_at - LOAD_WITHIN_MS)
        before = bisect_left(vain_at, alarm.raised_at) - since
        groups[max(low for low in LOAD_FROM if low <= before)].append(alarm)
    return tuple(
        LoadFigures(from_count=low, told=len(group), response=figures(group, 0).response)
        for low, group in groups.items()
    )


def _by_shift(
    told: Sequence[Alarm], shifts: Sequence[Shift], bed_nights: int, tz: ZoneInfo, now: int
) -> tuple[ShiftFigures, ...]:
    """By the hours that they begin, from noon on; what was raised while none ran comes last, if there is any."""
    if not shifts:
        return ()
    from_noon = sorted(shifts, key=lambda shift: (shift.start < NOON, shift.start, shift.shift_id))
    groups: dict[Shift | None, list[Alarm]] = {shift: [] for shift in (*from_noon, None)}
    for alarm in told:
        running = [shift for shift, _ in shifts_at(shifts, alarm.raised_at, tz)]
        for shift in dict.fromkeys(running) or (None,):
            groups[shift].append(alarm)
    return tuple(
        ShiftFigures(shift=shift, figures=of, nuisance=Rate(count=of.false, bed_nights=bed_nights))
        for shift, group in groups.items()
        if (of := figures(group, now)).told or shift
    )


def _rounds(planned: Sequence[PlannedRound]) -> RoundFigures:
    states = Counter(each.state for each in planned if each.state is not Walked.AWAITED)
    return RoundFigures(
        done=Share(count=states[Walked.DONE], of=states.total()),
        partial=states[Walked.PARTIAL],
        missing=states[Walked.MISSING],
    )
