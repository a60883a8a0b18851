"""From the worker's thread to every open board: `LiveHub.publish` -> `Feed.next`.

Fails towards telling a person: bed values may be skipped when newer ones exist, alarms never. A feed that cannot keep
up is closed, and its browser comes back and catches up from the alarm book.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from domain.alarms import AlarmEvent
from domain.live import AlarmsChanged, BedNow, BedsChanged, LiveEvent, WardChanged

FLUSH_S: Final = 0.5
"""Bed values go out at most this often (real seconds)."""
MAX_WAITING_ALARMS: Final = 256
"""Alarm events that may wait for one browser; more means that it does not read."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a feed has to send now; `closed` says that nothing will follow, `ward` that the beds are to be looked at."""

    alarms: tuple[AlarmEvent, ...]
    beds: tuple[BedNow, ...]
    closed: bool
    ward: bool = False


class Feed:
    """What one browser has still to be told. Lives in the event loop's thread only."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._alarms: list[AlarmEvent] = []
        self._beds: dict[str, BedNow] = {}
        self._flush_at = clock()
        self._changed = asyncio.Event()
        self._closed = False
        self._ward = False

    def offer(self, alarms: Sequence[AlarmEvent], beds: Sequence[BedNow], *, ward: bool = False) -> None:
        self._alarms.extend(alarms)
        self._ward |= ward
        self._beds.update({bed.belt_id: bed for bed in beds})
        if len(self._alarms) > MAX_WAITING_ALARMS:
            self._closed = True
            self._alarms.clear()
        self._changed.set()

    def close(self) -> None:
        self._closed = True
        self._changed.set()

    async def next(self, wait_s: float) -> Parcel:
        """The next parcel: at once when an alarm waits, empty when nothing came within `wait_s`."""
        deadline = self._clock() + wait_s
        while not (self._closed or self._alarms or self._ward or self._beds_due() or self._clock() >= deadline):
            self._changed.clear()
            until = min(deadline, self._flush_at) if self._beds else deadline
            try:
                async with asyncio.timeout(max(0.0, until - self._clock())):
                    await self._changed.wait()
            except TimeoutError:
                continue
        return self._take()

    def _beds_due(self) -> bool:
        return bool(self._beds) and self._clock() >= self._flush_at

    def _take(self) -> Parcel:
        alarms, self._alarms = tuple(self._alarms), []
        ward, self._ward = self._ward, False
        beds: tuple[BedNow, ...] = ()
        if self._beds_due():
            beds = tuple(self._beds.values())
            self._beds.clear()
            self._flush_at = self._clock() + FLUSH_S
        return Parcel(alarms, beds, self._closed, ward)


class LiveHub:
    """Takes live events from any thread and hands them to the feeds of the event loop.

    Between two turns of the loop it keeps one value per bed and the new alarm events, however often it is called.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._feeds: set[Feed] = set()
        self._alarms: list[AlarmEvent] = []
        self._beds: dict[str, BedNow] = {}
        self._ward = False
        self._woken = False
        self._closed = False

    def publish(self, events: Sequence[LiveEvent]) -> None:
        """Tell every open board. From any thread; returns at once and never raises."""
        with self._lock:
            if self._loop is None or not events:
                return
            for event in events:
                match event:
                    case BedsChanged():
                        self._beds.update({bed.belt_id: bed for bed in event.beds})
                    case AlarmsChanged():
                        self._alarms.extend(event.events)
                    case WardChanged():
                        self._ward = True
            self._wake(self._loop)

    def close(self) -> None:
        """End every stream and refuse new ones: the server is going down. From any thread."""
        with self._lock:
            self._closed = True
            if self._loop is not None:
                self._wake(self._loop)

    @contextmanager
    def subscribe(self, clock: Callable[[], float] | None = None) -> Iterator[Feed]:
        """A feed of everything published from now on. From the event loop; `clock` is real seconds."""
        loop = asyncio.get_running_loop()
        feed = Feed(clock or loop.time)
        with self._lock:
            if self._loop is not loop:
                self._loop, self._woken = loop, False
            if self._closed:
                feed.close()
            self._feeds.add(feed)
        try:
            yield feed
        finally:
            with self._lock:
                self._feeds.discard(feed)

    @property
    def subscribers(self) -> int:
        return len(self._feeds)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._woken:
            return
        try:
            loop.call_soon_threadsafe(self._deliver)
            self._woken = True
        except RuntimeError:  # the loop is closed: nobody is left to tell
            self._loop = None

    def _deliver(self) -> None:
        with self._lock:
            self._woken = False
            alarms, self._alarms = self._alarms, []
            beds, self._beds = list(self._beds.values()), {}
            ward, self._ward = self._ward, False
            feeds, closed = list(self._feeds), self._closed
        for feed in feeds:
            feed.offer(alarms, beds, ward=ward)
            if closed:
                feed.close()
