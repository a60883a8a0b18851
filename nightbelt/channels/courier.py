"""The courier: takes messages that are due to the people they are for, by one way after the other.

Send, then log: one that was sent and could not be noted is noted at the next round; after a crash in between it is
sent again, with the same idempotency key. Fails toward telling a person. Bounded: a service that hangs holds
`PER_SERVICE` threads and no message of another service; what is for it then goes by the person's next way.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass
from typing import Final

import structlog

from alerts.channel_health import Health, decide, note
from alerts.channels import after, stopped, way_of
from alerts.lifecycle import step
from domain.clock import Clock
from domain.contacts import ContactPoint, WayKind
from domain.deliveries import PERMANENT, Delivery, DeliveryState, Failure
from domain.errors import UnavailableError
from domain.live import AlarmsChanged, LiveEvent
from domain.ports import AlarmBook, ContactBook, Outbox
from nightbelt.channels.desks import Desk, Parcel
from nightbelt.channels.errands import Errands
from nightbelt.channels.metrics import Tally
from nightbelt.channels.sending import Sender

THREADS: Final = 12
"""Messages that are under way at once; those that were given up are beside them."""
PER_SERVICE: Final = 3
"""Messages that are under way to one service at once."""
GIVEN_UP_AFTER_S: Final = 20.0
"""A try that has not ended by then (real time) counts as timed out, and the next is made: senders end by themselves
sooner, but a name server or a proxy may hold one."""
LOOKED_AT: Final = 1_000
"""Due calls that are looked at in one round; more than wait behind all services that are down."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trip:
    """A try under way."""

    delivery: Delivery
    way: ContactPoint
    ways: Sequence[ContactPoint]
    center_id: str
    begun_s: float


class Courier:
    """One desk's messages. `turn` is one round; the caller repeats it from one thread.

    After an error it goes on where it was.
    """

    def __init__(
        self,
        *,
        desk: Desk,
        outbox: Outbox,
        contacts: ContactBook,
        alarms: AlarmBook,
        senders: Mapping[WayKind, Sender],
        publish: Callable[[Sequence[LiveEvent]], None],
        clock: Clock,
        tally: Tally,
        pool: Executor | None = None,
        chance: random.Random | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk, self._outbox, self._contacts, self._alarms = desk, outbox, contacts, alarms
        self._senders, self._publish = senders, publish
        self._clock, self._monotonic = clock, monotonic
        self._chance = chance or random.Random()  # noqa: S311 - jitter is no secret
        self._tally = tally
        self._pool = pool or Errands()
        self._under_way: dict[Future[Failure | None], _Trip] = {}
        self._stuck: dict[Future[Failure | None], str] = {}
        self._to_note: dict[str, Delivery] = {}
        self._health: Health = {}
        self._health_changed = False

    def turn(self) -> None:
        """Note what came back, take out what is due, tell of services that fail. UnavailableError: records are away."""
        self._take_back()
        self._note()
        self._take_out()
        self._note()
        self._look_at_health()

    def finish(self, within_s: float = GIVEN_UP_AFTER_S) -> None:
        """Wait for what is under way and note it; nothing new is begun.

        What has not ended by then (real time), or cannot be noted, is sent again later.
        """
        wait(self._under_way, within_s)
        self._take_back()
        self._note()

    def _take_back(self) -> None:
        now_s = self._monotonic()
        for future, trip in list(self._under_way.items()):
            if future.cancelled():
                del self._under_way[future]
            elif future.done():
                del self._under_way[future]
                self._came_back(trip, Failure.FAULT if future.exception() else future.result())
            elif now_s - trip.begun_s > GIVEN_UP_AFTER_S:
                self._stuck[future] = self._under_way.pop(future).way.service
                self._came_back(trip, Failure.TIMEOUT)
        self._stuck = {future: service for future, service in self._stuck.items() if not future.done()}

    def _came_back(self, trip: _Trip, failure: Failure | None) -> None:
        now, service = self._clock.now(), trip.way.service
        self._tally.tries.labels(service, failure or DeliveryState.SENT).inc()
        delivery = after(trip.delivery, trip.way, trip.ways, failure, now=now, jitter=self._chance.random())
        self._end(delivery)
        if failure not in PERMANENT:
            way = trip.way.contact_id
            self._health = note(self._health, trip.center_id, service, well=failure is None, now=now, way=way)
            self._health_changed = True
        if failure is Failure.GONE:
            self._contacts.remove(trip.way.contact_id)
            _log.info("a browser has ended its push subscription", contact_id=trip.way.contact_id)

    def _end(self, delivery: Delivery) -> None:
        """Keep it to be noted, and tell of one that reached nobody."""
        self._to_note[delivery.call.key] = delivery
        if delivery.state is DeliveryState.QUEUED:
            return
        self._tally.ended.labels(delivery.state).inc()
        if delivery.state is DeliveryState.FAILED:
            self._desk.lost(delivery)

    def _note(self) -> None:
        if not self._to_note:
            return
        for delivery in self._to_note.values():
            if delivery.state is DeliveryState.SENT:
                self._desk.sent(delivery)
        self._outbox.put(list(self._to_note.values()))
        self._to_note = {}

    def _take_out(self) -> None:
        taken = {trip.delivery.call.key for trip in self._under_way.values()}
        load = Counter(trip.way.service for trip in self._under_way.values()) + Counter(self._stuck.values())
        due = [one for one in self._desk.due(LOOKED_AT) if one.call.key not in taken]
        for delivery in due:
            if len(self._under_way) >= THREADS:
                return
            try:
                self._begin(delivery, load)
            except UnavailableError:
                raise
            except Exception:  # noqa: BLE001 - logged and counted as failed: one must not hold up all others
                _log.exception("a message could not be written", key=delivery.call.key)
                self._end(stopped(delivery, Failure.FAULT))

    def _begin(self, delivery: Delivery, load: Counter[str]) -> None:
        parcel = self._desk.parcel(delivery)
        if not isinstance(parcel, Parcel):
            self._end(stopped(delivery, parcel))
            return
        ways = [one for one in parcel.ways if one.kind in self._senders]
        way = way_of(delivery, ways)
        if way is None:
            self._end(stopped(delivery, Failure.NO_CONTACT))
            return
        trip = _Trip(delivery=delivery, way=way, ways=ways, center_id=parcel.center_id, begun_s=self._monotonic())
        if load[way.service] < PER_SERVICE:
            load[way.service] += 1
            message = parcel.write(way)
            self._under_way[self._pool.submit(self._senders[way.kind].send, way, message)] = trip
        elif Counter(self._stuck.values())[way.service] >= PER_SERVICE:
            self._came_back(trip, Failure.TIMEOUT)

    def _look_at_health(self) -> None:
        if not self._health_changed:
            return
        centers = sorted({center_id for center_id, _ in self._health})
        standing = [alarm for center_id in centers for alarm in self._alarms.open_alarms(center_id)]
        inputs = decide(self._health, standing, now=self._clock.now(), concern=self._desk.concern)
        events = self._alarms.apply(inputs, step) if inputs else []
        self._health_changed = False
        if events:
            _log.warning("channel alarm changed", events=[f"{event.kind} {event.alarm.alarm_id}" for event in events])
            self._publish([AlarmsChanged(events=tuple(events))])
