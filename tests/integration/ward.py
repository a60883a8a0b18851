"""A ward whose belts publish for real, with a plan of who is out when: what is owed can be read off the plan.

Every belt reports several times a second. People are out of bed either for much less or for much more than the
limit, so that what is owed does not hang on a message's way through the broker.
"""

import json
import random
import threading
import time
from dataclasses import dataclass, field

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from domain.clock import SystemClock
from domain.ports import BedEntry
from domain.residents import Center, LeaveBedSettings, NightWindow, Resident

CENTER = Center(center_id="c1", name="Test ward")
LIMIT_S = 5
SHORT_S = (1.0, 2.5)
LONG_S = (9.0, 14.0)
IN_BED_S = (8.0, 15.0)


def all_day_windows() -> tuple[NightWindow, ...]:
    """A window that is always open: from midnight to midnight."""
    midnight = NightWindow().start.replace(hour=0)
    return (NightWindow(start=midnight, end=midnight),)


def entries(belts: int, *, limit_s: int = LIMIT_S) -> list[BedEntry]:
    """Beds whose residents are told of `limit_s` after they left, at any hour."""
    settings = LeaveBedSettings(immediate=True, immediate_after_s=limit_s, not_back=False, windows=all_day_windows())
    return [
        BedEntry(
            room_id=f"room{n // 2}",
            room=f"{n // 2}",
            bed_id=f"bed{n}",
            bed=f"{n}",
            belt_id=f"b{n}",
            resident=Resident(resident_id=f"r{n}", name=f"Resident {n}", leave_bed=settings),
        )
        for n in range(belts)
    ]


@dataclass
class _Bed:
    """The plan of one bed: who is in it until when (ms); made up as time goes on."""

    number: int
    rng: random.Random
    in_bed: bool = True
    until_at: int = 0


@dataclass
class Ward:
    """Publishes `rate` readings a second of `belts` belts to a broker until `finish`.

    `published` holds the instants (ms) by belt, `owed` when each absence that owes an alarm began, by alarm id.
    """

    port: int
    belts: int
    rate: int
    seed: int = 1
    published: dict[str, set[int]] = field(default_factory=dict)
    owed: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._clock = SystemClock()
        self._stop = threading.Event()
        self._finish_leaving = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="ward")
        self._client.max_inflight_messages_set(2_000)
        self._client.max_queued_messages_set(0)
        self._client.connect("127.0.0.1", self.port)
        self._client.loop_start()
        now = self._clock.now()
        self._beds = [_Bed(number=n, rng=random.Random(self.seed * 10_000 + n)) for n in range(self.belts)]
        for bed in self._beds:
            bed.until_at = now + round(bed.rng.uniform(2.0, 12.0) * 1000)
            self.published[f"b{bed.number}"] = set()
        self._infos: list[mqtt.MQTTMessageInfo] = []
        self._thread = threading.Thread(target=self._run, name="ward")

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Let everybody come back, then stop; returns when the broker has every message."""
        self._finish_leaving.set()
        deadline = time.monotonic() + LONG_S[1] + 30
        while not all(bed.in_bed for bed in self._beds) and time.monotonic() < deadline:
            time.sleep(0.05)
        self._stop.set()
        self._thread.join()
        while self._unacked and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not self._unacked, "the broker did not take every message"
        self._client.loop_stop()
        self._client.disconnect()

    @property
    def total(self) -> int:
        return sum(len(at) for at in self.published.values())

    @property
    def _unacked(self) -> int:
        return sum(not info.is_published() for info in self._infos[-5_000:])

    def _run(self) -> None:
        interval_s = self.belts / self.rate
        next_s = time.monotonic()
        while not self._stop.is_set():
            for bed in self._beds:
                self._report(bed)
            next_s += interval_s
            time.sleep(max(0.0, next_s - time.monotonic()))

    def _report(self, bed: _Bed) -> None:
        now = self._clock.now()
        if now >= bed.until_at and (bed.in_bed is False or not self._finish_leaving.is_set()):
            bed.in_bed = not bed.in_bed
            if bed.in_bed:
                length = bed.rng.uniform(*IN_BED_S)
            else:
                length = bed.rng.uniform(*(SHORT_S if bed.rng.random() < 0.5 else LONG_S))
                if length >= LONG_S[0]:
                    self.owed[f"r{bed.number}.leave-bed-immediate.{now}"] = now
            bed.until_at = now + round(length * 1000)
        belt_id = f"b{bed.number}"
        self.published[belt_id].add(now)
        payload = json.dumps({"ts": now, "heart_rate": 60 if bed.in_bed else None, "in_bed": bed.in_bed})
        self._infos.append(self._client.publish(f"care/c1/{belt_id}/readings", payload, qos=1))
