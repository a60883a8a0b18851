"""Which alarms about movement, turning, pauses in breathing and belts' last wills are owed.

From what really happened in the body and to the belt, as `simulators.owed_episodes` does for rates. A movement is
*sure* where every sample of it is over the limit, *perhaps* one where some sample may be; minutes are those of the
belt's clock. What hangs on a perhaps, lies beside a silence, or comes in a night of shuffled messages (what is
overtaken is not judged) is neither owed nor false. Fails toward EITHER.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.alarms import Rule
from domain.residents import VitalSettings
from domain.units import MINUTE_MS, SECOND_MS
from domain.vitals import RESTLESS_SHARE, RuleLimit
from simulators.belt import FINE_INTERVAL_MS, shown_movement
from simulators.episodes import Episode
from simulators.night import NightPlan
from simulators.owed import Owed, Sight
from simulators.owed_episodes import BREATHING_RATE_BLUR, EpisodeVerdict, beside_silence, either
from simulators.physiology import CELL_MS, Body
from simulators.scenarios import Scenario

SLACK_MS: Final = 20 * SECOND_MS
"""Two cells of the body's grid: how exactly a movement is known to have been seen."""


def body_verdicts(
    plan: NightPlan, body: Body, episodes: Sequence[Episode], sight: Sight, settings: VitalSettings
) -> list[EpisodeVerdict]:
    """All that may be told of one night by these rules; a verdict NO is left out."""
    body = _in_bed_only(plan, body)
    found = [
        *_of_pauses(episodes, settings.breathing_pause, sight),
        *_of_restlessness(body, settings.restless, sight),
        *_of_turns(plan, body, settings.no_turn_over, sight),
    ]
    bounded = [beside_silence(verdict, sight) for verdict in found]
    if sight.delivery.shuffled:
        bounded = [either(verdict) for verdict in bounded]
    return [*bounded, *_of_last_wills(settings.belt_offline, sight)]


def _in_bed_only(plan: NightPlan, body: Body) -> Body:
    """The body without what an empty side of a double bed shows of the other."""
    cells = np.zeros(len(body.movement), np.bool_)
    for entry_at, exit_at in plan.in_bed.tolist():
        cells[(entry_at - body.start_at) // CELL_MS : (exit_at - 1 - body.start_at) // CELL_MS + 1] = True
    return replace(body, movement=np.where(cells, body.movement, np.float32(0)))


def _of_pauses(episodes: Sequence[Episode], asked: RuleLimit, sight: Sight) -> Iterator[EpisodeVerdict]:
    """Slow breathing may show as a pause as well."""
    if not asked.on or asked.limit is None or sight.belt.interval_ms > FINE_INTERVAL_MS:
        return
    after_ms = asked.after_s * SECOND_MS
    for episode in episodes:
        length_ms, sure = episode.to_at - episode.from_at, episode.kind is Scenario.BREATHING_PAUSE
        slow = episode.kind is Scenario.SLOW_BREATHING and episode.rate < asked.limit + BREATHING_RATE_BLUR
        if (sure or slow) and length_ms >= after_ms:
            owed = sure and length_ms >= after_ms + 2 * sight.belt.interval_ms
            yield EpisodeVerdict(
                rule=Rule.BREATHING_PAUSE,
                began_at=episode.from_at,
                until=episode.to_at,
                due_at=episode.from_at + after_ms,
                owed=Owed.YES if owed else Owed.EITHER,
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Minutes:
    """Minutes of a night by the belt's clock, the first at `from_at` (true ms): which have a movement over a limit."""

    from_at: int
    sure: NDArray[np.bool_]
    perhaps: NDArray[np.bool_]


def _minutes(body: Body, limit: float, sight: Sight) -> _Minutes:
    offset_ms = sight.belt.clock_offset_ms
    lowest, highest = shown_movement(body.movement)
    starts = body.start_at + np.arange(len(body.movement), dtype=np.int64) * CELL_MS + offset_ms
    first, last = starts // MINUTE_MS, (starts + CELL_MS - 1) // MINUTE_MS
    count = int(last[-1] - first[0]) + 1
    sure, perhaps = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    sure[(first - first[0])[(lowest > limit) & (first == last)]] = True
    for minute in (first, last):
        perhaps[(minute - first[0])[highest > limit]] = True
    return _Minutes(from_at=int(first[0]) * MINUTE_MS - offset_ms, sure=sure, perhaps=perhaps)


def _of_restlessness(body: Body, asked: RuleLimit, sight: Sight) -> Iterator[EpisodeVerdict]:
    """The stretches in which somebody was never still for the clear time, where most minutes of a while count.

    It began with the first of these movements, as its alarm says: two stretches may share some of them, and the alarm
    of the first must not be taken for that of the second.
    """
    if not asked.on or asked.limit is None or asked.clear_limit is None:
        return
    moved, stirred = (_minutes(body, limit, sight) for limit in (asked.limit, asked.clear_limit))
    within, clear = asked.after_s // 60, asked.clear_after_s // 60
    enough = int(np.ceil(within * RESTLESS_SHARE))
    sure, perhaps = (_reached(minutes, within, enough) for minutes in (moved.sure, moved.perhaps))
    before_perhaps = None
    for low, high in _stretches(stirred.sure, max(1, clear - 2)):
        may = np.flatnonzero(perhaps[low:high])
        if not len(may):
            continue
        must = np.flatnonzero(sure[low:high])
        apart = before_perhaps is None or _still_before(stirred.perhaps, before_perhaps, low, clear + 2)
        owed = apart and len(must) > 0 and must[0] - may[0] <= 1
        reached = low + int(must[0] if owed else may[0])
        began = max(0, reached - within + 1)
        began += int(np.argmax(moved.perhaps[began : reached + 1]))
        at = moved.from_at + reached * MINUTE_MS
        yield EpisodeVerdict(
            rule=Rule.RESTLESS,
            began_at=moved.from_at + began * MINUTE_MS,
            until=moved.from_at + (high + clear) * MINUTE_MS,
            due_at=at,
            owed=Owed.YES if owed else Owed.EITHER,
        )
        before_perhaps = high


def _reached(moved: NDArray[np.bool_], within: int, enough: int) -> NDArray[np.bool_]:
    """In which minutes, being one with a movement, have `enough` of the last `within` had one?"""
    so_far = np.concatenate([[0], np.cumsum(moved)])
    last = np.arange(1, len(moved) + 1)
    reached: NDArray[np.bool_] = moved & (so_far[last] - so_far[np.maximum(0, last - within)] >= enough)
    return reached


def _stretches(moved: NDArray[np.bool_], gap: int) -> Iterator[tuple[int, int]]:
    """[first, end) of the stretches in which no two movements are `gap` minutes or more apart, edges widened by half of
    that, so that nothing lies between two of them.
    """
    at = np.flatnonzero(moved)
    breaks = np.flatnonzero(np.diff(at) >= gap)
    edges = [0, *((at[breaks] + at[breaks + 1]) // 2 + 1).tolist(), len(moved)]
    return pairwise(edges) if len(at) else iter(())


def _still_before(stirred: NDArray[np.bool_], end: int, low: int, minutes: int) -> bool:
    """Is there a stretch of `minutes` certainly still minutes around the border between two stretches?"""
    around = stirred[max(0, end - minutes) : low + minutes]
    still = np.diff(np.flatnonzero(np.concatenate([[True], around, [True]])))
    return bool(still.max(initial=0) > minutes)


def _of_turns(plan: NightPlan, body: Body, asked: RuleLimit, sight: Sight) -> Iterator[EpisodeVerdict]:
    """The times in bed from one turn to the next."""
    if not asked.on or asked.limit is None:
        return
    limit_ms, blur_ms = asked.after_s * SECOND_MS, 2 * sight.blur_ms + SLACK_MS
    found = _turned(body, asked.limit)
    for entry_at, exit_at in plan.in_bed.tolist():
        turned = [(at, seen and not _unheard(at, sight)) for at, seen in found.items() if entry_at <= at < exit_at]
        began = [entry_at]
        for (at, sure), (until, _) in zip([(entry_at, True), *turned], [*turned, (exit_at, True)], strict=True):
            since_at = at if at == entry_at else _moves_until(body, asked.limit, at)
            began = [since_at] if sure else [*began, since_at]
            due = [since + limit_ms for since in began if at - blur_ms < since + limit_ms < until + blur_ms]
            if due:
                owed = sure and until - since_at >= limit_ms + blur_ms
                yield EpisodeVerdict(
                    rule=Rule.NO_TURN_OVER,
                    began_at=due[0] - limit_ms,
                    until=until,
                    due_at=due[0],
                    owed=Owed.YES if owed else Owed.EITHER,
                )


def _turned(body: Body, limit: float) -> dict[int, bool]:
    """The turns (true ms), ascending, and which of them a belt is sure to show when they happen."""
    lowest, highest = shown_movement(body.movement)
    found = {int(at): True for at in body.turn_overs}
    for cell in np.flatnonzero(highest > limit).tolist():
        found.setdefault(body.start_at + cell * CELL_MS, bool(lowest[cell] > limit))
    return dict(sorted(found.items()))


def _moves_until(body: Body, limit: float, at: int) -> int:
    """When the turn that began at `at` is over: each sample of a cell with such a movement shows one."""
    cell = (at - body.start_at) // CELL_MS
    _, highest = shown_movement(body.movement[cell : cell + 1])
    return body.start_at + (cell + 1) * CELL_MS if highest[0] > limit else at


def _unheard(at: int, sight: Sight) -> bool:
    """Is it told late, or not at all, because the belt is silent then?"""
    spans = sight.delivery.offline
    return any(span.from_at - sight.blur_ms <= at < sight.known_again_at(span) for span in spans)


def _of_last_wills(asked: RuleLimit, sight: Sight) -> Iterator[EpisodeVerdict]:
    after_ms = asked.after_s * SECOND_MS
    for span in sight.delivery.offline:
        length_ms = span.to_at - span.told_at
        if asked.on and span.told and length_ms >= after_ms - SLACK_MS:
            yield EpisodeVerdict(
                rule=Rule.BELT_OFFLINE,
                began_at=span.told_at,
                until=span.to_at,
                due_at=span.told_at + after_ms,
                owed=Owed.YES if length_ms > after_ms + SLACK_MS else Owed.EITHER,
            )
