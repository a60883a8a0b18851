"""What one belt said before: for "as before", for messages with one value each, for counters, for settling.

In memory only and bounded: after a restart the first message of a belt begins anew, so what depends on earlier ones is
not known for once (fails toward missing, never toward a guess). Only newer readings change it, so a message that comes
again, or late, counts nothing twice. A clock that was put back is believed as soon as the alarms believe it, and the
belt begins anew.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Final

from alerts.clocks import OUT_OF_STEP_MS, PUT_BACK_MS
from domain.clock import utc
from domain.readings import Occupancy
from domain.units import LONG_AGO, MINUTE_MS, SECOND_MS
from ingest.decoding import FUTURE_LIMIT_MS, LIMITS
from ingest.profiles.model import CountSource
from ingest.profiles.values import BYTE_MAX, Cell, Why

BELTS_REMEMBERED_MAX: Final = 10_000
"""Belts of one profile; past it the one that has been silent longest is forgotten."""
MIDNIGHT_SLACK_MS: Final = 15 * MINUTE_MS
"""A belt's midnight may be this far from ours."""


@dataclass(slots=True)
class BeltMemory:
    """The state of one belt; instants are those of the readings (ms)."""

    values: dict[str, tuple[Any, int, float]] = field(default_factory=dict)
    """By field: the value, when it was told, for how long (ms) it serves."""
    count: tuple[float, int] | None = None
    heard_at: int = LONG_AGO
    in_since: int | None = None
    stamped_at: int = LONG_AGO
    newest_at: int = LONG_AGO
    older: tuple[int, int, int] | None = None
    """Of the readings older than the newest that go on in step: when the first came, the last, and when that came."""


class Belts:
    """The memories of a profile's belts."""

    def __init__(self) -> None:
        self._belts: dict[str, BeltMemory] = {}

    def __len__(self) -> int:
        return len(self._belts)

    def of(self, belt_id: str) -> BeltMemory:
        memory = self._belts.pop(belt_id, None) or BeltMemory()
        self._belts[belt_id] = memory
        if len(self._belts) > BELTS_REMEMBERED_MAX:
            del self._belts[next(iter(self._belts))]
        return memory


def stamp(memory: BeltMemory, received_at: int) -> int:
    """An instant for a reading that tells none: its arrival, a millisecond on where that is taken already."""
    ahead = memory.stamped_at - received_at
    memory.stamped_at = memory.stamped_at + 1 if 0 <= ahead < FUTURE_LIMIT_MS else received_at
    return memory.stamped_at


def heard(memory: BeltMemory, at: int, received_at: int) -> None:
    """A reading of `at` has come; where it shows that the clock was put back, nothing is known of before."""
    if at >= memory.newest_at:
        memory.newest_at, memory.older = at, None
        return
    since_at, before_at, before_received_at = memory.older or (received_at, at, received_at)
    step, waited = at - before_at, received_at - before_received_at
    if step < 0 or abs(step - waited) > OUT_OF_STEP_MS:
        since_at = received_at
    memory.older = since_at, at, received_at
    if received_at - since_at >= PUT_BACK_MS:
        memory.values.clear()
        memory.count, memory.heard_at, memory.in_since = None, LONG_AGO, None
        memory.newest_at, memory.older = at, None


def filled(memory: BeltMemory, name: str, cell: Cell, at: int, usual_ms: float, *, merge: bool) -> Cell:
    """The cell, or what was known before where the message says so (or, with `merge`, says nothing)."""
    if cell.why is Why.KEEP or (merge and cell.why is Why.ABSENT):
        known = memory.values.get(name)
        if known is None or not 0 <= at - known[1] <= known[2]:
            return cell
        return cell._replace(value=known[0], why=Why.KEPT if cell.why is Why.KEEP else Why.MERGED)
    known = memory.values.get(name)
    if cell.why is not Why.ABSENT and (known is None or at >= known[1]):
        age_ms = usual_ms if cell.max_age_s is None else cell.max_age_s * SECOND_MS
        memory.values[name] = (cell.value, at, age_ms)
    return cell


Counter = Callable[[BeltMemory, Cell, int], Cell]


def counter(sources: Iterable[CountSource], zone: tzinfo) -> Counter:
    """Turn-overs since the last message from whatever the maker counts; all sources of a field count alike."""
    kinds = {(source.count, source.reset, source.highest) for source in sources}
    if len(kinds) > 1:
        raise ValueError("count, reset, highest: the same in all sources")
    count, reset, highest = next(iter(kinds), ("interval", "none", None))
    if count != "cumulative" and (reset != "none" or highest is not None):
        raise ValueError('reset, highest: only with count = "cumulative"')
    if count == "event":
        return _event
    if count == "interval":
        return lambda memory, cell, at: cell
    if reset == "wrap":
        return _cumulative(_wrapped(BYTE_MAX if highest is None else highest), math.inf)
    return _cumulative(_by_day(zone) if reset == "midnight" else _no_reset, math.inf if highest is None else highest)


def _event(memory: BeltMemory, cell: Cell, at: int) -> Cell:
    if cell.value is None:
        return cell
    return cell._replace(value=1.0 if cell.value > 0 else 0.0, why=Why.EVENT if cell.value > 0 else cell.why)


Step = Callable[[float, int, float, int], float | None]
"""From the last count and its instant and the new ones: how many more; None when the count was begun anew."""


def _cumulative(step: Step, end: float) -> Counter:
    """A counter that takes `step`; one that stands at its `end` may have stopped there."""

    def read(memory: BeltMemory, cell: Cell, at: int) -> Cell:
        if cell.value is None:
            return cell
        last = memory.count
        if last is not None and at <= last[1]:
            return cell._replace(value=None, why=Why.LATE_COUNT)
        memory.count = (cell.value, at)
        if cell.value >= end:
            return cell._replace(value=None, why=Why.AT_END)
        if last is None:
            return cell._replace(value=None, why=Why.FIRST_COUNT)
        more = step(last[0], last[1], cell.value, at)
        if more is None or more > LIMITS["turn_overs"][1]:
            return cell._replace(value=None, why=Why.RESTARTED)
        return cell._replace(value=more, why=Why.COUNTED)

    return read


def _no_reset(last: float, last_at: int, new: float, at: int) -> float | None:
    return new - last if new >= last else None


def _wrapped(highest: int) -> Step:
    """After `highest` comes 0. A step of more than half the way round is a restart, not a step."""

    def step(last: float, last_at: int, new: float, at: int) -> float | None:
        more = (new - last) % (highest + 1)
        return more if more <= highest // 2 else None

    return step


def _by_day(zone: tzinfo) -> Step:
    """A count that falls over midnight began at 0 there; one that falls during the day was begun anew."""

    def step(last: float, last_at: int, new: float, at: int) -> float | None:
        if new >= last:
            return new - last
        before = utc(last_at - MIDNIGHT_SLACK_MS).astimezone(zone).date()
        after = utc(at + MIDNIGHT_SLACK_MS).astimezone(zone).date()
        return new if after > before else None

    return step


def settled(memory: BeltMemory, in_bed: int | None, at: int, settle_ms: float) -> bool:
    """Note who is in bed since when; may heart and breathing rate be believed at this instant?

    A belt that was never seen empty counts as just got into. Not known is neither getting in nor getting out.
    """
    if at >= memory.heard_at:
        memory.heard_at = at
        if in_bed == Occupancy.OUT:
            memory.in_since = None
        elif in_bed == Occupancy.IN and memory.in_since is None:
            memory.in_since = at
    return memory.in_since is None or at - memory.in_since >= settle_ms
