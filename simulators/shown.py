"""When the readings of a belt could first show what an alarm is about: what its delay is measured against.

A deadline is that of what really happened; a belt samples it a moment later, a lossy one misses values, and a message
may hold several readings. The limit of a rule can count only from the first reading that shows the beginning, and be
told only with the first after it that shows that it still is so (where the rule waits for one). Only that a value is
there is looked at here, never what the engine makes of it.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.alarms import LEAVE_BED_RULES, Rule
from domain.readings import Occupancy
from domain.units import MINUTE_MS, SECOND_MS
from domain.vitals import CLOCK_WRONG, NO_TURN_OVER, RESTLESS
from simulators.belt import BeltNight, BeltReadings, belt_readings
from simulators.delivery import LATENCY_MS
from simulators.owed_beside import RETURN_MS
from simulators.scenarios import SHUFFLE_MAX_MS
from simulators.truth import TruthLine

Mask = NDArray[np.bool_]
Shows = Callable[[BeltReadings], Mask]

_WINDOWS_MS: Final = (MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS)
"""How far ahead is looked, one stretch after the other."""
_STEPS: Final = 12
"""A clock that drifts by a fifth of a second in each is read back to within a millisecond in so many steps."""
LOOK_MS: Final = 1 * SECOND_MS
"""What comes from no reading is found by looking now and then: so often by the service."""


def _inside(readings: BeltReadings) -> Mask:
    return np.equal(readings.in_bed, Occupancy.IN)


def _outside(readings: BeltReadings) -> Mask:
    return np.equal(readings.in_bed, Occupancy.OUT)


def _has(name: str) -> Shows:
    return lambda readings: _inside(readings) & ~np.isnan(getattr(readings, name))


def _moves(readings: BeltReadings) -> Mask:
    return _inside(readings) & (readings.movement > np.float32(RESTLESS.limit or 0))


def _rated_empty(readings: BeltReadings) -> Mask:
    return _outside(readings) & ~(np.isnan(readings.heart_rate) & np.isnan(readings.breathing_rate))


def _unturned(readings: BeltReadings) -> Mask:
    """The reading that shows a turn begins nothing; the next one does."""
    moves = readings.movement > np.float32(NO_TURN_OVER.limit or 0)
    return _inside(readings) & ~moves & ~(readings.turn_overs > 0)


def _stamped_wrong(readings: BeltReadings) -> Mask:
    """Beyond the limit when its message comes, by the newest reading in it."""
    off_ms = np.abs(readings.observed_at - readings.arrives_at)
    newest = np.append(np.diff(readings.arrives_at) != 0, [True][: len(readings)])
    wrong: Mask = newest & (off_ms > (CLOCK_WRONG.limit or 0) * SECOND_MS)
    return wrong


_BY_TIMER: Final[dict[Rule, Shows]] = {
    **dict.fromkeys(LEAVE_BED_RULES, _outside),
    Rule.NO_TURN_OVER: _unturned,
    Rule.CLOCK_WRONG: _stamped_wrong,
}
"""Told when the time has passed, whether a reading comes then or not."""
_BY_READING: Final[dict[Rule, Shows]] = {
    **{rule: _has("heart_rate") for rule in Rule if rule.startswith("heart-rate")},
    **{rule: _has("breathing_rate") for rule in Rule if rule.startswith("breathing-")},
    Rule.VITALS_LOST: _inside,
    Rule.VITALS_LOST_LONG: _inside,
    Rule.SIGNAL_POOR: _has("signal_quality"),
    Rule.VITALS_IN_EMPTY_BED: _rated_empty,
    Rule.RESTLESS: _moves,
    Rule.SITTING_UP: _has("movement"),
    Rule.STILL_IN_BED: _inside,
    Rule.MANY_EXITS: _inside,
}
"""Told in a reading. What comes from no reading (silences, batteries, a time of day) is told on our clock."""
_BY_LOOK: Final = {Rule.CLOCK_WRONG, Rule.MANY_EXITS}
"""What readings show, but a look finds."""
_LIMIT_MS: Final = {Rule.MANY_EXITS: RETURN_MS, Rule.RESTLESS: 0, Rule.STILL_IN_BED: 0}
"""Where the limit does not count from the beginning in the truth."""


def with_shown(night: BeltNight, line: TruthLine) -> TruthLine:
    """The line of something owed with `shown_at`, when (true ms) its alarm could be raised at the earliest.

    Where no reading tells of it that is its deadline. `look_ms` is how exactly a look keeps it.
    """
    rule = Rule(line["rule"])
    shows = _BY_TIMER.get(rule) or _BY_READING.get(rule)
    if shows is None:
        return line | {"shown_at": line["due_at"], "look_ms": _found_ms(rule)}
    found = line | {"shown_at": _shown_at(night, line, rule, shows)}
    return found | {"look_ms": _found_ms(rule)} if rule in _BY_LOOK else found


def _found_ms(rule: Rule) -> int:
    """A silence counts from the last message, which may have been on its way when it began.

    Where all belts of a centre fall silent some of them will be those whose messages are held up. Of readings that are
    looked at together the least late tells of the clock, so its beginning is found by a look as well.
    """
    more = {Rule.CENTER_SILENT: SHUFFLE_MAX_MS, Rule.CLOCK_WRONG: LOOK_MS}
    return LOOK_MS + LATENCY_MS[1] + more.get(rule, 0)


def _shown_at(night: BeltNight, line: TruthLine, rule: Rule, shows: Shows) -> int:
    """A reading that never comes leaves the deadline."""
    due_at: int = line["due_at"]
    limit_ms: int = _LIMIT_MS.get(rule, due_at - line["began_at"])
    began = _first(night, shows, due_at - limit_ms)
    if began is None:
        return due_at
    if rule in _BY_TIMER:
        return max(began[1], began[0] + limit_ms)
    told = _first(night, shows, began[0] + limit_ms)
    return due_at if told is None else told[1]


def _first(night: BeltNight, shows: Shows, from_at: int) -> tuple[int, int] | None:
    """When the first reading from `from_at` on that shows it was sampled, and when it arrives."""
    for length_ms in _WINDOWS_MS:
        readings = belt_readings(night, from_at, from_at + length_ms)
        rows = np.flatnonzero(shows(readings))
        if len(rows):
            row = rows[np.argmin(readings.arrives_at[rows])]
            return _sampled_at(night, readings, int(row)), int(readings.arrives_at[row])
        from_at += length_ms
    return None


def _sampled_at(night: BeltNight, readings: BeltReadings, row: int) -> int:
    """True time of the sample; its own stamp is that of the belt's clock."""
    stamped_at = int(readings.observed_at[row]) - night.bed.belt.clock_offset_ms
    at = stamped_at
    for _ in range(_STEPS if night.drift is not None else 0):
        off_ms = 0 if night.drift is None else int(night.drift.clock_off_ms(np.array([at]))[0])
        at = stamped_at - off_ms
    return at
