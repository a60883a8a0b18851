"""The rounds of the weeks before a demo begins, drawn from the centre's seed: most of them whole, a few not."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Final

import numpy as np

from domain.nights import night_of
from domain.ports import Rounds
from domain.rounds import Round, Seen, planned_at
from domain.units import MINUTE_MS, SECOND_MS
from nightbelt.past import NURSE_ID
from simulators.center import SimulatedCenter

ROUND_TIMES: Final = (time(2), time(5), time(22))
MISSED_SHARE: Final = 0.05
PARTIAL_SHARE: Final = 0.08
"""Rounds that an alarm ended before the last rooms."""
LATE_MIN: Final = (-5.0, 15.0)
"""From the planned time to the beginning (min)."""
ROOM_S: Final = (20.0, 70.0)
"""From one room to the next (s)."""


def walk_past(rounds: Rounds, center: SimulatedCenter, until_at: int, *, nights: int) -> None:
    """Store the rounds of the `nights` nights before the one of `until_at` (ms). Idempotent."""
    this_night = night_of(until_at, center.zone)
    for back in range(nights, 0, -1):
        for walked in past_rounds(center, this_night - timedelta(days=back)):
            rounds.begin(walked)


def past_rounds(center: SimulatedCenter, night: date) -> Iterator[Round]:
    """The rounds of one night, each over; none for those that nobody walked."""
    rng = np.random.default_rng([center.seed, night.toordinal(), len(center.beds)])
    for at in planned_at(ROUND_TIMES, night, center.zone):
        started_at = at + round(rng.uniform(*LATE_MIN) * MINUTE_MS)
        if rng.random() >= MISSED_SHARE:
            yield _walked(rng, center, started_at)


def _walked(rng: np.random.Generator, center: SimulatedCenter, started_at: int) -> Round:
    rooms = list(dict.fromkeys(bed.room_id for bed in center.beds))
    walked = rooms if rng.random() >= PARTIAL_SHARE else rooms[: max(1, len(rooms) * 3 // 4)]
    steps_ms = np.cumsum(rng.uniform(*ROOM_S, len(walked)) * SECOND_MS).astype(int)
    seen_at = {room_id: started_at + int(step_ms) for room_id, step_ms in zip(walked, steps_ms, strict=True)}
    return Round(
        round_id=f"{NURSE_ID}.{started_at}",
        center_id=center.center.center_id,
        person_id=NURSE_ID,
        started_at=started_at,
        expected=tuple(bed.resident.resident_id for bed in center.beds),
        seen=tuple(
            Seen(resident_id=bed.resident.resident_id, bed_id=bed.bed_id, at=seen_at[bed.room_id])
            for bed in center.beds
            if bed.room_id in seen_at
        ),
        finished_at=started_at + int(steps_ms[-1]) + MINUTE_MS,
    )
