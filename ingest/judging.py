"""The watch on the worker's thread: new readings, the passing of time, and whether its decisions are committed."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, Protocol

import numpy as np
import structlog
from prometheus_client import Counter

from domain.belts import BeltStatus
from domain.clock import Clock
from domain.live import LiveEvent
from domain.readings import ReadingBatch
from domain.units import LONG_AGO, SECOND_MS
from ingest.engine import Engine

TICK_MS: Final = SECOND_MS
"""The watch is ticked at least this often (our clock)."""
QUIET_S: Final = 1.0
"""Connected and without a message for this long (real time) means that the broker's backlog has been taken in."""
BACKLOG_LIMIT_S: Final = 5.0
"""Timers run at the latest this long (real time) after the start, backlog or no broker."""

ALARMS_RETRY_CAP_S: Final = 2.0
"""The longest wait before alarm book and timers are tried again: how late an alarm may be for that, after an outage."""

_log = structlog.get_logger(__name__)


class Watch(Protocol):
    """Decides about alarms, then commits what it decided. Used by the worker's thread only."""

    def refresh(self, now: int) -> None:
        """Look at who lies where, when that is due. After an error it goes on with what it knew."""
        ...

    def observe(self, batch: ReadingBatch, now: int) -> list[LiveEvent]:
        """Judge new readings; returns the beds they changed. After an error they come once more, belt by belt."""
        ...

    def tell(self, statuses: Sequence[BeltStatus], now: int) -> None:
        """Judge what belts say of themselves, in this order."""
        ...

    def tick(self, now: int, heard_until: int) -> None:
        """Let timers run out that were due by `heard_until`: what came later, and waits, may end the others."""
        ...

    def commit(self) -> list[LiveEvent]:
        """Make durable what was decided; returns what happened. After an error it is kept for the next call."""
        ...

    def next_due_at(self) -> int:
        """When (our clock, ms) `tick` has work; `domain.units.NEVER` when there is none."""
        ...


class Judge:
    """Calls the watch and publishes what it has committed.

    Fails toward calling somebody: timers run on through every failure, and one belt whose readings upset the watch
    does not keep the other belts from being judged.
    """

    def __init__(
        self,
        *,
        watch: Watch,
        publish: Callable[[Sequence[LiveEvent]], None],
        clock: Clock,
        failures: Counter,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._watch, self._publish, self._clock, self._monotonic = watch, publish, clock, monotonic
        self._failures = failures
        self._engine = Engine("alarms", failures.labels("alarms"), monotonic, cap_s=ALARMS_RETRY_CAP_S)
        self._timers = Engine("timers", failures.labels("timers"), monotonic, cap_s=ALARMS_RETRY_CAP_S)
        self._register = Engine("register", failures.labels("register"), monotonic)
        self._ticked_at = LONG_AGO
        self._timers_run = False
        self.started()

    @property
    def committed(self) -> bool:
        """Has the watch committed everything it was given?"""
        return self._engine.well

    def well(self) -> dict[str, bool]:
        """Alarms (the book, and their timers) and register: did the last call do?"""
        return {"alarms": self._engine.well and self._timers.well, "register": self._register.well}

    def started(self) -> None:
        """The source begins to connect now."""
        self._started_s = self._quiet_since_s = self._monotonic()

    def note(self, *, connected: bool, busy: bool) -> None:
        """After the start, let timers run only when redelivered readings have had their say."""
        if self._timers_run:
            return
        now_s = self._monotonic()
        if busy or not connected:
            self._quiet_since_s = now_s
        quiet = now_s - self._quiet_since_s >= QUIET_S
        self._timers_run = quiet or now_s - self._started_s >= BACKLOG_LIMIT_S

    def observe(self, batch: ReadingBatch, now: int) -> None:
        """Hand new readings over, once."""
        if not len(batch):
            return
        try:
            self._tell(self._watch.observe(batch, now))
        except Exception:  # noqa: BLE001 - logged, and tried again by belt: one must not keep the others unjudged
            _log.exception("watch failed on a batch, going on belt by belt", readings=len(batch))
            for belt_id, part in _by_belt(batch):
                self._observe_belt(belt_id, part, now)
        self._commit()

    def hear_of(self, statuses: Sequence[BeltStatus], now: int) -> None:
        """Hand over what belts say of themselves, once."""
        if not statuses:
            return
        try:
            self._watch.tell(statuses, now)
        except Exception:  # noqa: BLE001 - stored but not judged, counted, logged; the belts repeat themselves
            self._failures.labels("belt").inc()
            _log.exception("what belts say of themselves was not judged", statuses=len(statuses))
        self._commit()

    def tick_if_due(self, now: int, heard_until: int) -> None:
        """Let timers run out when one is due or a second has passed, and commit what could not be before.

        All that came by `heard_until` has been observed; after a wait for an engine much may have come since.
        """
        if not self._timers_run or self._timers.wait_s > 0:
            return
        if 0 <= now - self._ticked_at < TICK_MS and self._watch.next_due_at() > now:
            return
        if self._register.wait_s <= 0:
            self._register.attempt(lambda: self._watch.refresh(now))
        self._timers.attempt(lambda: self._watch.tick(now, heard_until))
        self._ticked_at = now
        self._commit()

    def _commit(self) -> None:
        if self._engine.wait_s <= 0:
            self._engine.attempt(lambda: self._tell(self._watch.commit()))

    def wait_s(self) -> float:
        """Real seconds until `tick_if_due` has something to do, a tick's length at most; may be negative."""
        if not self._timers_run:
            return min(QUIET_S, self._clock.real_seconds(TICK_MS))
        now = self._clock.now()
        due_at = now + TICK_MS if self._ticked_at > now else self._ticked_at + TICK_MS
        until_due_s = self._clock.real_seconds(min(due_at, self._watch.next_due_at()) - now)
        return max(self._timers.wait_s, until_due_s)

    def _observe_belt(self, belt_id: str, part: ReadingBatch, now: int) -> None:
        try:
            self._tell(self._watch.observe(part, now))
        except Exception:  # noqa: BLE001 - stored but not judged, counted, logged; the belt's next ones get a try
            self._failures.labels("belt").inc()
            _log.exception("readings of a belt were not judged", belt_id=belt_id, readings=len(part))

    def _tell(self, events: Sequence[LiveEvent]) -> None:
        if not events:
            return
        try:
            self._publish(events)
        except Exception:  # noqa: BLE001 - the events are committed: whoever missed them reads them from the alarm book
            self._failures.labels("publish").inc()
            _log.exception("live events were not published", events=len(events))


def _by_belt(batch: ReadingBatch) -> Iterator[tuple[str, ReadingBatch]]:
    for index in np.unique(batch.belt):
        part = batch.select(batch.belt == index)
        belt_id = batch.belts[index]
        yield belt_id, replace(part, belts=(belt_id,), belt=np.zeros(len(part), np.int32))
