"""The rules: what each looks at in a reading, and how its alarms are ranked.

A rule is data for the engine in `alerts.conditions`. Its predicate sees one reading of each of m beds and answers
with `Truth` per bed. Limits and durations come per bed, from the resident's settings.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.own_limits import OwnLimits, moved
from domain.alarms import Category, Priority, Rule
from domain.nights import CARRY_IN_MS, Schedule
from domain.readings import Occupancy, ReadingBatch
from domain.residents import LeaveBedSettings
from domain.units import MINUTE_MS, NEVER, SECOND_MS
from domain.usual import Side


class Truth(IntEnum):
    """Does the rule's condition hold in this reading? UNKNOWN also between limit and clear limit."""

    UNKNOWN = -1
    FALSE = 0
    TRUE = 1


_MISSING: Final = np.float32(np.nan)


@dataclass(frozen=True, slots=True)
class Frame:
    """One reading of each of m beds: float32 columns with NaN for missing, `in_bed` int8 as `Occupancy`.

    `settled` (bool): somebody is in bed in this reading, and has been for the settle time. `heart_rate`,
    `breathing_rate` and `signal_quality` are those of somebody settled, NaN otherwise. `unrated`: there is neither
    rate, of whomever. `rated`: the belt has given one by then. `gone`: the bed is empty, and not for a moment only.
    `gap_ms` (int64): since the bed's reading before. `observed_at` (int64 ms) is the belt's clock.
    """

    in_bed: NDArray[np.int8]
    heart_rate: NDArray[np.float32]
    breathing_rate: NDArray[np.float32]
    movement: NDArray[np.float32]
    signal_quality: NDArray[np.float32]
    settled: NDArray[np.bool_]
    unrated: NDArray[np.bool_]
    rated: NDArray[np.bool_]
    turn_overs: NDArray[np.float32]
    gone: NDArray[np.bool_]
    gap_ms: NDArray[np.int64]
    observed_at: NDArray[np.int64]


def frame_of(
    batch: ReadingBatch,
    rows: Any,
    settled: NDArray[np.bool_],
    rated: NDArray[np.bool_],
    *,
    gone: NDArray[np.bool_] | None = None,
    gap_ms: NDArray[np.int64] | None = None,
) -> Frame:
    """The readings at `rows` (positions, mask or slice) as the predicates see them.

    Without `gone` and `gap_ms` nobody is known to have gone, and nothing of the readings before.
    """
    heart_rate, breathing_rate = batch.heart_rate[rows], batch.breathing_rate[rows]
    return Frame(
        in_bed=batch.in_bed[rows],
        heart_rate=np.where(settled, heart_rate, _MISSING),
        breathing_rate=np.where(settled, breathing_rate, _MISSING),
        movement=batch.movement[rows],
        signal_quality=np.where(settled, batch.signal_quality[rows], _MISSING),
        settled=settled,
        unrated=np.isnan(heart_rate) & np.isnan(breathing_rate),
        rated=rated,
        turn_overs=batch.turn_overs[rows],
        gone=np.zeros(len(settled), np.bool_) if gone is None else gone,
        gap_ms=np.full(len(settled), NEVER, np.int64) if gap_ms is None else gap_ms,
        observed_at=batch.observed_at[rows],
    )


Predicate = Callable[[Frame, NDArray[np.float32], NDArray[np.float32]], NDArray[np.int8]]
"""(frame, limits, clear limits: r rules x m beds) -> `Truth` (int8, r x m; m where all rules answer the same)."""

Screen = Callable[[Frame, Any, Any], bool]
"""(frame, lowest and highest limit of all beds, or those of each reading) -> may the condition hold in any of these
readings?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec:
    """A rule as the engine runs it.

    `holds_while_unknown`: a run goes on, and may become due, while readings are unknown or absent; right where the
    last thing known is the dangerous one (out of bed), wrong where silence says nothing (a fast pulse).
    `needs_change`: a run begins only where the opposite was seen before; leaving needs somebody who was in bed.
    `begin_confirm_ms`: a run is begun once the condition has held for this long without one contrary reading; then it
    counts from where it began to hold. Single false readings never begin one.
    `unknown_limit_ms`: a run that is not yet told is forgotten when the condition was not seen for longer than this.
    `end_confirm_ms`: how long the opposite must last before the run counts as over; shorter spells are chatter.
    `end_alone_ms`: nothing known for this long after the opposite was seen: what begins then is another run.
    `clear_ms`: how long after the end an open alarm resolves by itself, where the bed's limits do not say.
    `stays_until_clear`: what begins again before that is the same alarm, not a new one.
    `carry_in_ms`: how long before a window a run may have begun to count from its opening.
    `latches`: the end of the condition alone does not end its alarm, where the bed's limits do not say.
    `behind`: while an alarm of that rule stands for the bed, this one says nothing new and waits.
    `screen`: tells at once that the condition holds nowhere, for rules that need no change and hold hardly ever.
    `own`: the limit is the person's own of that side, by the hour of the reading; those of the bed are added to it.
    `moved_by`: the person's own limit of that side may move that of the bed outwards.
    """

    rule: Rule
    category: Category
    priority: Priority
    predicate: Predicate
    holds_while_unknown: bool
    needs_change: bool
    end_confirm_ms: int
    clear_ms: int
    begin_confirm_ms: int = 0
    unknown_limit_ms: int = NEVER
    end_alone_ms: int = NEVER
    stays_until_clear: bool = False
    carry_in_ms: int = CARRY_IN_MS
    behind: Rule | None = None
    screen: Screen | None = None
    latches: bool = False
    own: Side | None = None
    moved_by: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """One rule's numbers for one bed: how long it must hold (ms), and the limits its predicate compares with.

    `clear_ms`, `latches` and `schedule` go before those of the rule and of the bed. `furthest`: how far the person's
    own limit may move this one; NaN where it may not.
    """

    min_duration_ms: int
    limit: float = float("nan")
    clear_limit: float = float("nan")
    clear_ms: int | None = None
    schedule: Schedule | None = None
    latches: bool | None = None
    furthest: float = float("nan")


class Questions:
    """All rules' predicates with the limits of all slots, asked at once; rules with the same predicate together.

    `own` are the limits of whoever lies there. Rules about them have a predicate each.
    """

    def __init__(
        self, specs: Sequence[RuleSpec], limits: Sequence[Mapping[Rule, Limits]], own: OwnLimits | None = None
    ) -> None:
        self._rules = len(specs)
        self._own = OwnLimits([None] * len(limits), [None] * len(limits)) if own is None else own
        rows: dict[Predicate, list[int]] = {}
        for k, spec in enumerate(specs):
            rows.setdefault(spec.predicate, []).append(k)
        self._asked = [
            _question(predicate, [specs[k] for k in of], of, limits, self._own) for predicate, of in rows.items()
        ]

    def ask(self, frame: Frame, slot: NDArray[Any], busy: NDArray[np.bool_] | None = None) -> NDArray[np.int8]:
        """`Truth` by rule and reading (int8, rules x m) of one reading of each slot in `slot` (m).

        Rules that are not `busy` (bool, by rule; None: all are) and whose screen finds nothing are FALSE throughout.
        """
        truth = np.empty((self._rules, len(slot)), np.int8)
        idle = frozenset[int]() if busy is None else frozenset(np.flatnonzero(~busy).tolist())
        cells = None
        for asked in self._asked:
            screen = asked.screen if idle.issuperset(asked.rows) else None
            if screen is not None and not screen(frame, *asked.bounds_of(slot)):
                truth[asked.rows] = Truth.FALSE
                continue
            if cells is None and (asked.own or asked.moved):
                cells = self._own.cells(slot, frame.observed_at)
            limit, clear_limit = asked.limits_of(slot, cells, self._own)
            truth[asked.rows] = asked.predicate(frame, limit, clear_limit)
        return truth


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Question:
    """One predicate, the rules it answers for, and their limits by rule and slot (NaN where a rule is off).

    `own` and `moved`: the rows whose limits are the person's own, or may be moved by them, and their side; `furthest`
    (by row that may move, and slot) bounds the move. `lowest` and `highest` bound the limits: of all slots, or by slot
    where they are the persons' own.
    """

    predicate: Predicate
    screen: Screen | None
    rows: Sequence[int]
    limit: NDArray[np.float32]
    clear_limit: NDArray[np.float32]
    furthest: Mapping[int, NDArray[np.float32]]
    own: tuple[tuple[int, Side], ...]
    moved: tuple[tuple[int, Side], ...]
    lowest: float | NDArray[np.float32]
    highest: float | NDArray[np.float32]

    def bounds_of(self, slot: NDArray[Any]) -> tuple[Any, Any]:
        """The lowest and the highest limit, for all of `slot` or by each."""
        if isinstance(self.lowest, float) or isinstance(self.highest, float):
            return self.lowest, self.highest
        return self.lowest.take(slot), self.highest.take(slot)

    def limits_of(
        self, slot: NDArray[Any], cells: NDArray[Any] | None, own: OwnLimits
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Limits and clear limits (rules x m) for one reading of each slot; `cells` are those of `own`."""
        limit, clear_limit = self.limit.take(slot, axis=1), self.clear_limit.take(slot, axis=1)
        if cells is None:
            return limit, clear_limit
        for row, side in self.own:
            mine = own.limit(side, cells)
            limit[row] += mine
            clear_limit[row] += mine
        for row, side in self.moved:
            there = moved(side, limit[row], own.limit(side, cells), self.furthest[row].take(slot))
            clear_limit[row] += there - limit[row]
            limit[row] = there
        return limit, clear_limit


def _question(
    predicate: Predicate,
    specs: Sequence[RuleSpec],
    rows: Sequence[int],
    limits: Sequence[Mapping[Rule, Limits]],
    own: OwnLimits,
) -> _Question:
    off = Limits(min_duration_ms=0)
    found = [[of_slot.get(spec.rule, off) for of_slot in limits] for spec in specs]
    shape = (len(specs), len(limits))
    limit = np.array([[one.limit for one in row] for row in found], np.float32).reshape(shape)
    clear_limit = np.array([[one.clear_limit for one in row] for row in found], np.float32).reshape(shape)
    furthest = {
        row: np.array([one.furthest for one in found[row]], np.float32)
        for row, spec in enumerate(specs)
        if spec.moved_by is not None
    }
    lowest, highest = _bounds(limit)
    owned = tuple((row, spec.own) for row, spec in enumerate(specs) if spec.own is not None)
    if owned:
        ((row, side),) = owned
        lowest = highest = limit[row] + own.nearest(side)
    return _Question(
        predicate=predicate,
        screen=specs[0].screen,
        rows=rows,
        limit=limit,
        clear_limit=clear_limit,
        furthest=furthest,
        own=owned,
        moved=tuple(
            (row, spec.moved_by)
            for row, spec in enumerate(specs)
            if spec.moved_by is not None
            and own.beyond(spec.moved_by, np.where(np.isnan(furthest[row]), np.nan, limit[row]))
        ),
        lowest=lowest,
        highest=highest,
    )


def _bounds(limit: NDArray[np.float32]) -> tuple[Any, Any]:
    """The lowest and highest limit there is; beyond those of none nothing is."""
    given = limit[~np.isnan(limit)]
    return (float(given.min()), float(given.max())) if len(given) else (np.inf, -np.inf)


END_CONFIRM_MS: Final = 5 * SECOND_MS
"""In bed for less than this is not a return: turning and edge-sitting make occupancy chatter for 1-3 s (domain 1.1)."""
END_ALONE_MS: Final = 3 * MINUTE_MS
"""In bed when last seen, and then nothing for this long: who is seen out of bed afterwards left again. Chatter does not
last so long, and three readings of the slowest belts would have come (own choice)."""
CLEAR_MS: Final = 2 * MINUTE_MS
"""Leave-bed alarms resolve by themselves 2 min after the return (design section 5; attentiveconnect)."""


def _out_of_bed(frame: Frame, _limit: NDArray[np.float32], _clear_limit: NDArray[np.float32]) -> NDArray[np.int8]:
    return _OUT_TRUTH[frame.in_bed]


_OUT_TRUTH: Final = np.zeros(3, np.int8)
_OUT_TRUTH[Occupancy.OUT] = Truth.TRUE
_OUT_TRUTH[Occupancy.IN] = Truth.FALSE
_OUT_TRUTH[Occupancy.UNKNOWN] = Truth.UNKNOWN


def _leave_bed(rule: Rule, priority: Priority) -> RuleSpec:
    return RuleSpec(
        rule=rule,
        category=Category.CARE,
        priority=priority,
        predicate=_out_of_bed,
        holds_while_unknown=True,
        needs_change=True,
        end_confirm_ms=END_CONFIRM_MS,
        end_alone_ms=END_ALONE_MS,
        clear_ms=CLEAR_MS,
    )


LEAVE_BED_RULES: Final = (
    _leave_bed(Rule.LEAVE_BED_IMMEDIATE, Priority.HIGH),
    _leave_bed(Rule.LEAVE_BED_NOT_BACK, Priority.HIGH),
)


def limits_of(settings: LeaveBedSettings) -> dict[Rule, Limits]:
    """The leave-bed rules that are on for a resident, with their numbers."""
    limits: dict[Rule, Limits] = {}
    if settings.immediate:
        limits[Rule.LEAVE_BED_IMMEDIATE] = Limits(min_duration_ms=settings.immediate_after_s * SECOND_MS)
    if settings.not_back:
        limits[Rule.LEAVE_BED_NOT_BACK] = Limits(min_duration_ms=settings.away_limit_min * MINUTE_MS)
    return limits
