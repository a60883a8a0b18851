"""The forwarder: takes the oldest waiting readings out of the spool, in order, to the store elsewhere.

A thread of its own, so that nothing that the store does is felt by the alarms. Fails toward keeping: readings leave the
spool when the store has them, or when the store refuses these very readings and they are in quarantine. Readings are
given up only once they have waited for longer than the limit while the store could not be reached.
"""

import itertools
import json
import random
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

import numpy as np
import structlog
from prometheus_client import CollectorRegistry

from domain.clock import Clock
from domain.errors import RejectedError, UnavailableError
from domain.ports import Quarantine, Quarantined, ReadingsSpool
from domain.readings import FLOAT_COLUMNS, Occupancy, ReadingBatch, SleepStage
from domain.units import SECOND_MS
from ingest.engine import Engine
from ingest.metrics import SpoolMetrics
from ingest.negotiation import Backoff

CHUNK_READINGS: Final = 2_000
"""Readings of one write: their lines are built in some 10 ms, for which an alarm may have to wait."""
DRAIN_PER_S: Final = 12_000
"""Readings sent in a second at most when many wait; ten minutes of 1,000 messages/s are through in one."""
EVERY_S: Final = 0.5
"""Pause between writes when the spool is kept up with: fewer and larger requests; the pages read the spool as well."""
SLOW_S: Final = 2.0
"""A write that takes longer counts as failing; it was taken all the same."""
PROBES: Final = 16
"""Single readings of a refused chunk that are tried when the store has not taken anything yet since the start."""
GIVE_UP_EVERY_S: Final = 60.0
UP_TO_DATE_MS: Final = 10 * SECOND_MS
"""Nothing has waited for longer than this: the store is kept up with."""
STOP_TIMEOUT_S: Final = 15.0

REJECTED: Final = "store-rejected"
"""The reason under which readings that the store refuses are kept in quarantine."""
WELL: Final = "ok"
SPOOLING: Final = "spooling"

_log = structlog.get_logger(__name__)


class Store(Protocol):
    """What readings are forwarded to."""

    def write(self, batch: ReadingBatch) -> int | None:
        """RejectedError: it refuses what is in the batch; UnavailableError: it takes nothing now."""
        ...


class Forwarder:
    """From `spool` to `store`, on a thread of its own (`start`, `stop`).

    `limit_ms` is how long readings wait at most while the store is away (our clock). `center_of` tells a belt's centre,
    for the topic of a refused reading. `turn` is one round, for tests.
    """

    def __init__(
        self,
        *,
        spool: ReadingsSpool,
        store: Store,
        quarantine: Quarantine,
        center_of: Callable[[str], str],
        limit_ms: float,
        clock: Clock,
        registry: CollectorRegistry,
        monotonic: Callable[[], float] = time.monotonic,
        chance: random.Random | None = None,
    ) -> None:
        self._spool, self._store, self._quarantine = spool, store, quarantine
        self._center_of, self._limit_ms = center_of, limit_ms
        self._clock, self._monotonic = clock, monotonic
        self._chance = chance or random.Random()  # noqa: S311 - which readings are probed is no secret
        self._metrics = SpoolMetrics(registry)
        self._metrics.waiting.set_function(lambda: spool.status().readings)
        self._metrics.oldest_age.set_function(lambda: spool.status().age_ms(clock.now()) / SECOND_MS)
        self._metrics.size.set_function(lambda: spool.status().size_bytes)
        self._engine = Engine("readings store", self._metrics.failures, monotonic)
        self._taken: ReadingBatch | None = None
        self._slow = False
        self._give_up_at_s = monotonic()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="forwarder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the running write has ended, one way or the other; what waits is sent after the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT_S)

    def health(self) -> str:
        """ "ok" while the store takes what comes, "spooling" while it does not; from any thread."""
        behind = self._spool.status().age_ms(self._clock.now()) > UP_TO_DATE_MS
        return SPOOLING if behind or self._slow or not self._engine.well else WELL

    def turn(self) -> float:
        """Send one chunk if the store may be tried; returns how long (real seconds) to wait until the next."""
        begun_s, sent = self._monotonic(), 0

        def send() -> None:
            nonlocal sent
            sent = self._send_oldest()

        self._engine.attempt(send)
        self._give_up_the_oldest()
        if not self._engine.well:
            return self._engine.wait_s
        pause_s = sent / DRAIN_PER_S if sent >= CHUNK_READINGS else EVERY_S
        return max(0.0, begun_s + pause_s - self._monotonic())

    def _run(self) -> None:
        backoff = Backoff()
        while not self._stopping.is_set():
            try:
                wait_s = self.turn()
                backoff.reset()
            except Exception:  # noqa: BLE001 - the thread must not die; what was not sent is in the spool
                self._metrics.failures.inc()
                _log.exception("turn of the forwarder failed")
                wait_s = backoff.next_s()
            self._stopping.wait(wait_s)

    def _send_oldest(self) -> int:
        with self._spool.sending(CHUNK_READINGS) as chunk:
            begun_s = self._monotonic()
            if len(chunk):
                refused = self._write(chunk)
                self._metrics.forwarded.inc(len(chunk) - refused)
                self._judge_speed(self._monotonic() - begun_s)
        return len(chunk)

    def _write(self, chunk: ReadingBatch) -> int:
        """Have the store take the chunk, all but the readings that it refuses; returns how many these are."""
        try:
            self._store.write(chunk)
        except RejectedError as error:
            self._probe(chunk, error)
            refused = self._take_apart(chunk)
            self._put_aside(refused)
            return len(refused)
        self._taken = chunk.select(np.array([0]))
        return 0

    def _probe(self, chunk: ReadingBatch, error: RejectedError) -> None:
        """UnavailableError when it is not these readings that are wrong: the store refuses what it took before.

        When it took nothing before, some readings of the chunk are tried instead.
        """
        some = self._chance.sample(range(len(chunk)), min(PROBES, len(chunk)))
        for probe in [self._taken] if self._taken is not None else [chunk.select(np.array([n])) for n in some]:
            try:
                self._store.write(probe)
            except RejectedError:
                continue
            return
        raise UnavailableError(error.engine, f"refuses everything: {error.detail}") from error

    def _take_apart(self, chunk: ReadingBatch) -> list[tuple[ReadingBatch, str]]:
        """Write the refused chunk by halves; returns each reading that is refused alone, with the store's words."""
        refused: list[tuple[ReadingBatch, str]] = []
        parts = list(reversed(_halves(chunk)))
        while parts and not self._stopping.is_set():
            part = parts.pop()
            try:
                self._store.write(part)
            except RejectedError as error:
                if len(part) > 1:
                    parts.extend(reversed(_halves(part)))
                else:
                    refused.append((part, error.detail))
        if parts:
            raise UnavailableError("forwarder", "stopped while it took a chunk apart")
        return refused

    def _put_aside(self, refused: list[tuple[ReadingBatch, str]]) -> None:
        entries = [self._entry(reading, detail) for reading, detail in refused]
        self._quarantine.put(entries)
        self._metrics.rejected.inc(len(entries))
        for (reading, _), entry in zip(refused, entries, strict=True):
            belt_id = reading.belts[int(reading.belt[0])]
            _log.warning("reading refused by the store", belt_id=belt_id, detail=entry.detail)

    def _entry(self, reading: ReadingBatch, detail: str) -> Quarantined:
        belt_id = reading.belts[int(reading.belt[0])]
        return Quarantined(
            received_at=int(reading.received_at[0]),
            topic=f"care/{self._center_of(belt_id)}/{belt_id}/readings",
            payload=_native(reading),
            reason=REJECTED,
            detail=detail,
        )

    def _judge_speed(self, took_s: float) -> None:
        slow = took_s > SLOW_S
        if slow:
            self._metrics.failures.inc()
        if slow is not self._slow:
            self._slow = slow
            log = _log.warning if slow else _log.info
            log("readings store is slow" if slow else "readings store is quick again", took_s=round(took_s, 1))

    def _give_up_the_oldest(self) -> None:
        """Readings over the limit go, while the store is away and only then: our clock may be wrong."""
        if self._engine.well or self._monotonic() < self._give_up_at_s:
            return
        self._give_up_at_s = self._monotonic() + GIVE_UP_EVERY_S
        dropped = self._spool.drop_before(self._clock.now() - round(self._limit_ms))
        if dropped:
            self._metrics.dropped.inc(dropped)
            _log.error("readings over the spool's limit are lost", readings=dropped)


def _halves(part: ReadingBatch) -> tuple[ReadingBatch, ...]:
    """In order; a single reading stays as it is."""
    n = len(part)
    cuts = [0, n // 2, n] if n > 1 else [0, n]
    return tuple(part.select(np.arange(a, b)) for a, b in itertools.pairwise(cuts))


def _native(reading: ReadingBatch) -> bytes:
    """One reading as a belt of our own would have sent it."""
    told: dict[str, float | bool | str] = {"ts": int(reading.observed_at[0])}
    for name in FLOAT_COLUMNS:
        value = float(getattr(reading, name)[0])
        if not np.isnan(value):
            told[name] = value
    if reading.in_bed[0] != Occupancy.UNKNOWN:
        told["in_bed"] = bool(reading.in_bed[0] == Occupancy.IN)
    if reading.sleep_stage[0] != SleepStage.UNKNOWN:
        told["sleep_stage"] = SleepStage(reading.sleep_stage[0]).word
    return json.dumps(told).encode()
