"""Rounds: a carer's walk past the beds, whom they saw when, and which of the planned rounds were walked (pure).

A round is its walker's: two who walk at once make two rounds. It ends when its walker says so, or by itself when nobody
was seen for `IDLE_MS`. What is sent twice changes nothing, and the first look at
somebody stands.

Fails towards saying less: a round on which nobody was seen counts for nothing, and a planned one is done only when
everybody was seen who had to be.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from domain.errors import NotFoundError, RoundOverError
from domain.nights import NOON, local_instant
from domain.units import MINUTE_MS

IDLE_MS: Final = 60 * MINUTE_MS
"""After so long without a look a round is over (own choice: longer than help at one bed takes, shorter than the two or
three hours between rounds)."""
NEAR_MS: Final = 60 * MINUTE_MS
"""A round that began within this of a planned time may be that one (own choice: an alarm may come between)."""
NOTE_LETTERS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The walker saw the resident, who has that bed, at `at` (ms). `note`: what was found, "" for nothing to tell."""

    resident_id: str
    bed_id: str
    at: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """`person_id` walks past the beds from `started_at` (ms) on. `expected`: the residents who were to be seen then.

    `seen` is in the order of time, each resident once. `finished_at` is None until the walker says that it is over.
    """

    round_id: str
    center_id: str
    person_id: str
    started_at: int
    expected: tuple[str, ...] = ()
    seen: tuple[Seen, ...] = ()
    finished_at: int | None = None

    @property
    def last_at(self) -> int:
        """When somebody was seen last (ms); the beginning before that."""
        return max([self.started_at, *(each.at for each in self.seen)])

    @property
    def ended_at(self) -> int:
        """When it was over (ms), as far as is known: what ended by itself, with the last look."""
        return self.last_at if self.finished_at is None else self.finished_at

    @property
    def missed(self) -> tuple[str, ...]:
        """Who was to be seen and was not."""
        seen = {each.resident_id for each in self.seen}
        return tuple(resident_id for resident_id in self.expected if resident_id not in seen)

    def lasts(self, at: int) -> bool:
        """Is it still being walked at `at` (ms)?"""
        return self.finished_at is None and at < self.last_at + IDLE_MS

    def of(self, resident_id: str) -> Seen | None:
        return next((each for each in self.seen if each.resident_id == resident_id), None)


def see(walked: Round, seen: Iterable[Seen], now: int) -> Round:
    """The round with `seen`; of somebody who was seen before, nothing changes. RoundOverError when it is over."""
    _check_lasts(walked, now)
    fresh = [each for each in seen if walked.of(each.resident_id) is None]
    return replace(walked, seen=_in_order((*walked.seen, *fresh)))


def write_down(walked: Round, resident_id: str, note: str, now: int) -> Round:
    """The round with this note of somebody who was seen, in place of an earlier one.

    RoundOverError when it is over, NotFoundError for somebody who was not seen on it.
    """
    _check_lasts(walked, now)
    if walked.of(resident_id) is None:
        raise NotFoundError("resident seen on the round", resident_id)
    changed = (replace(each, note=note) if each.resident_id == resident_id else each for each in walked.seen)
    return replace(walked, seen=tuple(changed))


def take_back(walked: Round, resident_ids: Iterable[str], now: int) -> Round:
    """The round without these looks, which were a mistake. RoundOverError when it is over."""
    _check_lasts(walked, now)
    mistaken = frozenset(resident_ids)
    return replace(walked, seen=tuple(each for each in walked.seen if each.resident_id not in mistaken))


def finish(walked: Round, now: int) -> Round:
    """The round, over; one that was over before stays as it was."""
    return replace(walked, finished_at=now) if walked.lasts(now) else walked


class Walked(StrEnum):
    """What became of a planned round. PARTIAL: somebody was not seen. AWAITED: its time is not over."""

    DONE = "done"
    PARTIAL = "partial"
    MISSING = "missing"
    AWAITED = "awaited"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRound:
    """A round planned for `at` (ms), and those who walked it; together they `missed` these residents, of `expected`."""

    at: int
    state: Walked
    rounds: tuple[Round, ...] = ()
    expected: int = 0
    missed: tuple[str, ...] = ()


def planned_at(times: Sequence[time], day: date, tz: ZoneInfo) -> list[int]:
    """The instants (ms) of the local `times` in the night of `day`, ascending; `domain.nights` on clock changes."""
    days = ((day if at >= NOON else day + timedelta(days=1), at) for at in times)
    return sorted({local_instant(on, at, tz) for on, at in days})


def planned_rounds(
    times: Sequence[time], day: date, tz: ZoneInfo, rounds: Sequence[Round], now: int
) -> tuple[PlannedRound, ...]:
    """What became of the rounds planned in the night of `day`, given those that were walked, as it stands at `now`.

    A round is the planned one that it began nearest to, the earlier of two as near, if within `NEAR_MS`.
    """
    instants = planned_at(times, day, tz)
    walked: dict[int, list[Round]] = {at: [] for at in instants}
    for each in rounds:
        near = min(instants, key=lambda at: abs(each.started_at - at), default=None)
        if near is not None and each.seen and abs(each.started_at - near) <= NEAR_MS:
            walked[near].append(each)
    return tuple(_planned(at, tuple(those), now) for at, those in walked.items())


def _planned(at: int, rounds: tuple[Round, ...], now: int) -> PlannedRound:
    expected = tuple(dict.fromkeys(resident_id for each in rounds for resident_id in each.expected))
    seen = {one.resident_id for each in rounds for one in each.seen}
    missed = tuple(resident_id for resident_id in expected if resident_id not in seen)
    going_on = now < at + NEAR_MS or any(each.lasts(now) for each in rounds)
    if rounds and not missed:
        state = Walked.DONE
    elif going_on:
        state = Walked.AWAITED
    else:
        state = Walked.PARTIAL if rounds else Walked.MISSING
    return PlannedRound(at=at, state=state, rounds=rounds, expected=len(expected), missed=missed)


def _check_lasts(walked: Round, now: int) -> None:
    if not walked.lasts(now):
        raise RoundOverError(walked.round_id)


def _in_order(seen: Iterable[Seen]) -> tuple[Seen, ...]:
    return tuple(sorted(seen, key=lambda each: (each.at, each.bed_id, each.resident_id)))
