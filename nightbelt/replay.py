"""All alarm rules over a file of readings, in event time: what the service would have raised, and when.

The watch, the life cycle and the alarm book are those of the service; only the clock and the ward are made up. Each
belt is a bed of its own with one resident. A reading arrives at the instant it is of, and timers run out at their own
instant, up to the end of the replay and not beyond: what a file does not hold is not made up.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.clocks import INTERVAL_RANGE_MS
from alerts.rulebook import RULES, slot_of
from alerts.rules import Questions, Truth, frame_of
from alerts.watch import Watch
from domain.alarms import Alarm, EventKind
from domain.live import AlarmsChanged
from domain.ports import BedEntry
from domain.readings import ReadingBatch
from domain.residents import Center, Resident
from domain.units import NEVER
from nightbelt.replay_settings import ReplaySettings
from storage.reading_files import CHUNK_ROWS, ReadingFile
from storage.records import Records
from storage.records_alarm_book import RecordsAlarmBook
from storage.records_register import RecordsRegister

CENTER_ID: Final = "replay"
BELT_ID: Final = "belt"
"""The belt of a file that names none."""
TIMED: Final = tuple(spec for spec in RULES if spec.holds_while_unknown)
"""Rules whose limits run out by a timer; what the others say does not depend on the steps."""
LONGEST_INTERVAL_MS: Final = INTERVAL_RANGE_MS[1]

Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The alarms that were raised, in that order.

    `ended_at` (ms) is where the replay ended, None without readings; `next_due_at` when the first timer would run out
    that was still running then, `domain.units.NEVER` when there is none.
    """

    alarms: list[Alarm]
    ended_at: int | None
    next_due_at: int


def replay(
    file: ReadingFile,
    settings: ReplaySettings,
    *,
    until: int | None = None,
    progress: Callable[[int], None] = lambda _rows: None,
    chunk_rows: int = CHUNK_ROWS,
) -> Replayed:
    """Run the rules over the file's readings up to `until` (ms); by itself up to the last of them.

    `progress` is told of each step how many readings it took; no more than `chunk_rows` at once.
    """
    end_at = file.last_at if until is None else until
    if file.first_at is None or end_at is None:
        return Replayed(alarms=[], ended_at=end_at, next_due_at=NEVER)
    with _ward(file.belts, settings, file.first_at) as run:
        for columns in file.chunks(chunk_rows):
            run.take(columns, end_at)
            progress(len(columns["observed_at"]))
        run.finish(end_at)
        return Replayed(alarms=run.alarms(), ended_at=end_at, next_due_at=run.watch.next_due_at())


@contextlib.contextmanager
def _ward(belts: tuple[str, ...], settings: ReplaySettings, at: int) -> Iterator["_Run"]:
    """A ward of its own with a bed for each belt, from `at` (ms) on; nothing of it is left."""
    center = Center(center_id=CENTER_ID, name=CENTER_ID, timezone=settings.timezone)
    residents = [without_silence(settings.resident(belt_id)) for belt_id in belts]
    entries = [
        BedEntry(room_id=belt_id, room=belt_id, bed_id=belt_id, bed=belt_id, belt_id=belt_id, resident=resident)
        for belt_id, resident in zip(belts, residents, strict=True)
    ]
    limits = [slot_of(resident.resident_id, resident, center).limits for resident in residents]
    timed = [of_bed[spec.rule].min_duration_ms for of_bed in limits for spec in TIMED if spec.rule in of_bed]
    lengths = [length_ms for length_ms in timed if length_ms > 0]
    with _empty_records() as records:
        register, book = RecordsRegister(records), RecordsAlarmBook(records)
        register.enroll(center, entries, at)
        watch = Watch(register=register, book=book, now=at)
        yield _Run(belts, watch, book, Questions(TIMED, limits), min(lengths, default=NEVER))


def without_silence(resident: Resident) -> Resident:
    """What a file does not hold is not known: a belt may have been heard all the while."""
    vitals = resident.vitals
    return replace(resident, vitals=replace(vitals, belt_silent=replace(vitals.belt_silent, on=False)))


@contextlib.contextmanager
def _empty_records() -> Iterator[Records]:
    with tempfile.TemporaryDirectory(prefix="nightbelt-") as folder, contextlib.ExitStack() as opened:
        yield opened.enter_context(contextlib.closing(Records.open(Path(folder) / "records.sqlite")))


class _Run:
    """The readings go through the watch in as few steps as give the same as one by one.

    A timer runs out between readings, so it must be known before the readings that follow it are handed in. A run
    begins in a reading in which a rule begins to hold, and takes at least `shortest_ms`: up to then, and until shortly
    before the next timer that is running, readings can be handed in at once.
    """

    def __init__(
        self, belts: tuple[str, ...], watch: Watch, book: RecordsAlarmBook, questions: Questions, shortest_ms: int
    ) -> None:
        self.watch = watch
        self._belts = belts
        self._book = book
        self._questions = questions
        self._shortest_ms = shortest_ms
        self._raised: set[str] = set()

    def take(self, columns: Columns, end_at: int) -> None:
        """Hand in the readings up to `end_at`; `columns` ascend by time, later than those before."""
        at = columns["observed_at"]
        rows = int(np.searchsorted(at, end_at, "right"))
        begins_at = self._begins_at(columns)
        row = 0
        while row < rows:
            now = int(at[row])
            self._run_out(now)
            until = self._safe_until(now, begins_at)
            stop = min(rows, int(np.searchsorted(at, until, "right")))
            self.watch.observe(self._batch(columns, row, stop), now)
            row = stop
        self._commit()

    def finish(self, end_at: int) -> None:
        """Let the timers run out up to and at `end_at`."""
        self._run_out(end_at + 1)
        self._commit()

    def alarms(self) -> list[Alarm]:
        """What was raised, as it stands, in the order in which it was raised."""
        found = [alarm for belt_id in self._belts for alarm in self._book.alarms_of(belt_id, 0, NEVER)]
        raised = [alarm for alarm in found if alarm.alarm_id in self._raised]
        return sorted(raised, key=lambda alarm: (alarm.raised_at, alarm.belt_id, alarm.rule))

    def _run_out(self, now: int) -> None:
        """Timers that run out before `now`; a reading of the very instant comes first."""
        while (due_at := self.watch.next_due_at()) < now:
            self.watch.tick(due_at, due_at)

    def _safe_until(self, now: int, begins_at: NDArray[np.int64]) -> int:
        """Up to and including when readings from `now` on can be handed in at once.

        A timer may be set to one interval earlier by the second reading of its run.
        """
        nth = int(np.searchsorted(begins_at, now))
        began_at = int(begins_at[nth]) if nth < len(begins_at) else NEVER
        return min(began_at + self._shortest_ms - 1, max(now, self.watch.next_due_at() - LONGEST_INTERVAL_MS))

    def _begins_at(self, columns: Columns) -> NDArray[np.int64]:
        """When a rule begins to hold for some bed, ascending; in the first reading of a bed it may."""
        batch = self._batch(columns, 0, len(columns["observed_at"]))
        nowhere = np.zeros(len(batch), np.bool_)
        frame = frame_of(batch, slice(None), settled=nowhere, rated=nowhere)
        truth = self._questions.ask(frame, batch.belt.astype(np.intp))
        holds = truth == Truth.TRUE
        begins = holds.copy()
        begins[:, 1:] &= ~holds[:, :-1] | (batch.belt[1:] != batch.belt[:-1])
        return np.unique(batch.observed_at[begins.any(axis=0)])

    def _batch(self, columns: Columns, start: int, stop: int) -> ReadingBatch:
        rows = {name: column[start:stop] for name, column in columns.items()}
        return ReadingBatch.build(belts=self._belts, **{**rows, "received_at": rows["observed_at"]})

    def _commit(self) -> None:
        for changed in self.watch.commit():
            if isinstance(changed, AlarmsChanged):
                raised = (event for event in changed.events if event.kind is EventKind.RAISED)
                self._raised.update(event.alarm.alarm_id for event in raised)
