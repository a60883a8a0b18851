"""The worker: takes messages in, makes readings durable, has them judged, tells the board, and only then acks.

One thread owns the watch. Fails toward repeating: an ack waits until quarantine, stores and watch have all kept what
is theirs; a crash before it brings the messages again. Alarms never wait for a store that is down: what
failed last time comes after the judging, with waits of its own.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import structlog
from prometheus_client import CollectorRegistry

from domain.clock import Clock
from domain.live import LiveEvent
from domain.ports import BeltStatuses, Quarantine, ReadingsStore
from domain.readings import ReadingBatch
from ingest.decoding import Decoded, decode
from ingest.engine import Engine
from ingest.inbox import Delivery, Receipt
from ingest.judging import Judge, Watch
from ingest.ledger import Ledger, Pass, Stage
from ingest.metrics import IngestMetrics
from ingest.negotiation import Backoff
from ingest.statuses import StatusNews

PASS_MESSAGES_MAX: Final = 5_000
"""Messages of one pass: enough to make a commit cheap, few enough to answer within a fraction of a second."""
HELD_MESSAGES_MAX: Final = 100_000
"""Messages in hand without ack before no more are taken; more than a broker can have under way on one connection."""
WRITE_READINGS_MAX: Final = 20_000
"""Readings of one write when a store that was down has to catch up; short, for alarms wait meanwhile."""
WAIT_FLOOR_S: Final = 0.001
"""Keeps a timer that is due and cannot be served from turning the wait into a spin."""
STOP_TIMEOUT_S: Final = 30.0
HANGS_AFTER_S: Final = 60.0
"""A turn waits for a second at most, and its stores answer or fail within seconds (real time)."""

__all__ = ["Pipeline", "Source", "Watch"]

Hear = Callable[[ReadingBatch, Mapping[str, str]], None]

_log = structlog.get_logger(__name__)


class Source(Protocol):
    """Where messages come from and acks go to."""

    @property
    def connected(self) -> bool: ...

    @property
    def depth(self) -> int: ...

    @property
    def sessions_lost(self) -> int:
        """How often the broker had forgotten what it was to keep for us, since the start."""
        ...

    def start(self) -> None: ...

    def take(self, limit: int, timeout_s: float) -> list[Delivery]:
        """Up to `limit` messages, waiting `timeout_s` for the first at most; `limit` 0 only waits."""
        ...

    def ack(self, receipts: Sequence[Receipt]) -> None: ...

    def wake(self) -> None:
        """End a running or the next `take`."""
        ...

    def stop(self) -> None: ...


def hear_nothing(_batch: ReadingBatch, _centers: Mapping[str, str]) -> None:
    """Nobody asks which belts there are."""


class Pipeline:
    """From `source` to the stores, `watch` and `publish`, on a thread of its own (`start`, `stop`).

    `publish` gets events that are committed, on the worker's thread, and must not block. `hear` gets all readings when
    the rest is done, with the centres of the belts' topics. `turn` is one round of the worker, for tests and for
    programs with a loop of their own.
    """

    def __init__(
        self,
        *,
        source: Source,
        store: ReadingsStore,
        quarantine: Quarantine,
        statuses: BeltStatuses,
        watch: Watch,
        publish: Callable[[Sequence[LiveEvent]], None],
        clock: Clock,
        registry: CollectorRegistry,
        decode: Callable[[Sequence[Delivery]], Decoded] = decode,
        hear: Hear = hear_nothing,
        monotonic: Callable[[], float] = time.monotonic,
        held_messages_max: int = HELD_MESSAGES_MAX,
    ) -> None:
        self._source, self._store, self._quarantine = source, store, quarantine
        self._statuses = StatusNews(statuses)
        self._clock, self._monotonic = clock, monotonic
        self._decode, self._held_messages_max = decode, held_messages_max
        self._hear = hear
        self._metrics = metrics = IngestMetrics(registry)
        self._ledger = Ledger()
        self._sessions_lost = 0
        self._judge = Judge(watch=watch, publish=publish, clock=clock, failures=metrics.failures, monotonic=monotonic)
        self._stages = (
            (Stage.QUARANTINED, Engine("quarantine", metrics.failures.labels("quarantine"), monotonic)),
            (Stage.STORED, Engine("readings", metrics.failures.labels("readings"), monotonic)),
            (Stage.STATUSES, Engine("statuses", metrics.failures.labels("statuses"), monotonic)),
        )
        self._calls = {
            Stage.QUARANTINED: self._quarantine_refused,
            Stage.STORED: self._store_readings,
            Stage.STATUSES: self._store_statuses,
        }
        self._turn_since_s: float | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ingest-worker", daemon=True)

    def start(self) -> None:
        self._judge.started()
        self._source.start()
        self._thread.start()

    def stop(self) -> None:
        """Finish the running pass, ack what is durable, disconnect. Idempotent."""
        self._stopping.set()
        self._source.wake()
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT_S)
        self._source.stop()

    def health(self) -> dict[str, str]:
        """What the worker depends on, "ok" where it is well, from any thread. While the worker hangs, alarms do."""
        well = {engine.name: engine.well for _, engine in self._stages} | self._judge.well()
        states = {name: "ok" if it_is else "failing, tried again" for name, it_is in well.items()}
        since_s = self._turn_since_s
        hangs = since_s is not None and self._monotonic() - since_s > HANGS_AFTER_S
        return states | {"alarms": "hanging"} if hangs else states

    def turn(self) -> None:
        """Wait for messages or a timer, and do one pass."""
        self._turn_since_s = self._monotonic()
        room = max(0, self._held_messages_max - self._ledger.messages)
        deliveries = self._source.take(min(room, PASS_MESSAGES_MAX), self._wait_s())
        begun_s = self._monotonic()
        now = self._clock.now()
        self._judge.note(connected=self._source.connected, busy=bool(deliveries))
        decoded = self._take_in(deliveries) if deliveries else None
        self._work(now, self._heard_until(deliveries, now))
        self._source.ack(self._ledger.release())
        if decoded is not None:
            self._tell_heard(decoded)
        self._count(len(deliveries), begun_s)
        self._turn_since_s = None

    def _run(self) -> None:
        backoff = Backoff()
        while not self._stopping.is_set():
            try:
                self.turn()
            except Exception:  # noqa: BLE001 - the worker must not die; what was taken in stays in the ledger
                self._metrics.failures.labels("turn").inc()
                _log.exception("turn of the worker failed")
                self._stopping.wait(backoff.next_s())
            else:
                backoff.reset()

    def _take_in(self, deliveries: Sequence[Delivery]) -> Decoded:
        decoded = self._decode(deliveries)
        receipts = [Receipt(delivery.epoch, delivery.mid) for delivery in deliveries]
        work = Pass(batch=decoded.batch, refused=decoded.refused, receipts=receipts, statuses=decoded.statuses)
        self._ledger.add(work)
        self._metrics.duplicates.inc(decoded.repeats)
        self._metrics.retained.inc(decoded.retained)
        self._metrics.ignored.inc(decoded.ignored)
        return decoded

    def _heard_until(self, deliveries: Sequence[Delivery], now: int) -> int:
        """Up to when (our clock) all that came has been taken in; behind `now` after the worker was kept waiting."""
        return min(now, deliveries[-1].received_at) if deliveries and self._source.depth else now

    def _work(self, now: int, heard_until: int) -> None:
        """Every stage once: the stores that are well, the judging, then the stores that were not and may be tried."""
        ill = [(stage, engine) for stage, engine in self._stages if not engine.well]
        for stage, engine in self._stages:
            if engine.well and self._ledger.behind(stage):
                engine.attempt(self._calls[stage])
        self._judge_readings(now, heard_until)
        for stage, engine in ill:
            if engine.wait_s <= 0 and self._ledger.behind(stage):
                engine.attempt(self._calls[stage])

    def _quarantine_refused(self) -> None:
        waiting = self._ledger.waiting(Stage.QUARANTINED)
        entries = [entry for work in waiting for entry in work.refused]
        if entries:
            self._quarantine.put(entries)
        self._ledger.advance(Stage.QUARANTINED, len(waiting))
        for entry in entries:
            self._metrics.quarantined.labels(entry.reason).inc()

    def _store_readings(self) -> None:
        """Write what waits, as far as one write goes; the rest follows in the next turns."""
        chosen: list[ReadingBatch] = []
        readings = 0
        for work in self._ledger.waiting(Stage.STORED):
            if chosen and readings + len(work.batch) > WRITE_READINGS_MAX:
                break
            chosen.append(work.batch)
            readings += len(work.batch)
        told = self._store.write(ReadingBatch.join(chosen)) if readings else 0
        new = readings if told is None else told
        self._ledger.advance(Stage.STORED, len(chosen))
        self._metrics.stored.inc(new)
        self._metrics.duplicates.inc(readings - new)

    def _store_statuses(self) -> None:
        waiting = self._ledger.waiting(Stage.STATUSES)
        self._statuses.put(status for work in waiting for status in work.statuses)
        self._ledger.advance(Stage.STATUSES, len(waiting))

    def _judge_readings(self, now: int, heard_until: int) -> None:
        for work in self._ledger.waiting(Stage.OBSERVED):
            self._ledger.advance(Stage.OBSERVED, 1)
            self._judge.observe(work.batch, now)
            self._judge.hear_of(work.statuses, now)
        self._judge.tick_if_due(now, heard_until)
        if self._judge.committed:
            self._ledger.catch_up(Stage.JUDGED, Stage.OBSERVED)

    def _tell_heard(self, decoded: Decoded) -> None:
        try:
            self._hear(decoded.batch, decoded.centers)
        except Exception:  # noqa: BLE001 - counted, logged: it is only shown, and must not hold up the next pass
            self._metrics.failures.labels("heard").inc()
            _log.exception("what was heard was not noted", readings=len(decoded.batch))

    def _wait_s(self) -> float:
        """Real seconds to wait for messages: until the next tick, timer or retry that is owed."""
        waits = [engine.wait_s for stage, engine in self._stages if self._ledger.behind(stage)]
        return max(WAIT_FLOOR_S, min([self._judge.wait_s(), *waits]))

    def _count(self, messages: int, begun_s: float) -> None:
        metrics = self._metrics
        metrics.queue_depth.set(self._source.depth)
        metrics.held.set(self._ledger.messages)
        metrics.connected.set(self._source.connected)
        lost = self._source.sessions_lost
        metrics.sessions_lost.inc(lost - self._sessions_lost)
        self._sessions_lost = lost
        if messages:
            metrics.messages.inc(messages)
            metrics.pass_seconds.observe(self._monotonic() - begun_s)
