"""A centre of fakes for the tests of the pages: beds, people, a clock that stands still until told."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
from prometheus_client import CollectorRegistry
from pwdlib.hashers.argon2 import Argon2Hasher

from alerts.lifecycle import step
from api.live import LiveHub
from api.services import Services
from domain.alarms import Alarm, AlarmEvent, AlarmState, Category, Clear, Priority, Raise, Reason, Rule
from domain.belts import BeltStatus
from domain.care import CareRecord
from domain.clock import instant
from domain.live import AlarmsChanged, BedNow, UnassignedBelt
from domain.people import Person, Role
from domain.ports import BedEntry
from domain.readings import Occupancy, ReadingBatch, SleepStage
from domain.residents import Center, Place, Resident
from domain.units import MINUTE_MS, SECOND_MS
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook
from tests.fakes.in_memory_audit import InMemoryAuditTrail
from tests.fakes.in_memory_belt_statuses import InMemoryBeltStatuses
from tests.fakes.in_memory_care import InMemoryCare
from tests.fakes.in_memory_consents import InMemoryConsents
from tests.fakes.in_memory_night_reports import InMemoryNightReports
from tests.fakes.in_memory_outbox import InMemoryOutbox
from tests.fakes.in_memory_pauses import InMemoryCarePauses
from tests.fakes.in_memory_people import InMemoryPeople
from tests.fakes.in_memory_readings import InMemoryReadings
from tests.fakes.in_memory_register import InMemoryRegister
from tests.fakes.in_memory_rosters import InMemoryRosters
from tests.fakes.in_memory_rounds import InMemoryRounds
from tests.fakes.in_memory_usual import InMemoryUsual

NIGHT = instant(datetime(2026, 11, 22, 19, 12, tzinfo=UTC))
"""03:12 on 23 November 2026 in Shanghai."""
PASSWORD = "a long night"
NAMES = ("王秀英", "Li Guiying", "张建国", "Chen Meilan", "刘桂芳", "Wu Zhiqiang", "赵玉兰", "Sun Demin")


@dataclass
class FakeClock:
    """Stands at `at` until it is set."""

    at: int = NIGHT

    def now(self) -> int:
        return self.at

    def real_seconds(self, length_ms: float) -> float:
        return length_ms / 1000


@dataclass
class World:
    """Two centres: "elm" with beds, "oak" with one. `beds` is what the worker knows of the belts."""

    services: Services
    clock: FakeClock
    register: InMemoryRegister
    people: InMemoryPeople
    book: InMemoryAlarmBook
    readings: InMemoryReadings
    statuses: InMemoryBeltStatuses
    care: InMemoryCare
    pauses: InMemoryCarePauses
    audit: InMemoryAuditTrail
    beds: dict[str, BedNow]
    changes: list[str] = field(default_factory=list)
    done: list[CareRecord] = field(default_factory=list)
    unassigned: dict[str, UnassignedBelt] = field(default_factory=dict)

    def hear_unassigned(
        self,
        belt_id: str,
        occupancy: Occupancy = Occupancy.UNKNOWN,
        center_id: str | None = "elm",
        place: Place | None = None,
    ) -> None:
        """A belt by which nobody is watched reported just now."""
        now = self.services.clock.now()
        self.unassigned[belt_id] = UnassignedBelt(
            belt_id=belt_id,
            center_id=center_id,
            observed_at=now - SECOND_MS,
            received_at=now,
            occupancy=occupancy,
            place=place,
        )

    def hear(self, n: int, occupancy: Occupancy, **changed: object) -> BedNow:
        """Belt `n` reported just now."""
        now = self.services.clock.now()
        known = BedNow(
            belt_id=f"belt{n}",
            occupancy=occupancy,
            since_at=now - (11 + 7 * n) * MINUTE_MS,
            observed_at=now,
            received_at=now,
            clock_offset_ms=0,
            heart_rate=58.0 + n % 17,
            heart_rate_at=now,
            breathing_rate=12.0 + n % 6,
            breathing_rate_at=now,
            movement=2.0,
        )
        self.beds[f"belt{n}"] = replace(known, **changed)  # type: ignore[arg-type]
        return self.beds[f"belt{n}"]

    def tell(self, n: int, **told: object) -> None:
        """Belt `n` said something of itself just now."""
        self.statuses.put([BeltStatus(belt_id=f"belt{n}", at=self.services.clock.now(), **told)])  # type: ignore[arg-type]

    def raise_alarm(
        self, n: int, rule: Rule = Rule.LEAVE_BED_NOT_BACK, center_id: str = "elm", **changed: object
    ) -> AlarmEvent:
        """Resident `n` has been away for 16 minutes."""
        alarm = replace(self.build_alarm(n, rule, center_id), **changed)  # type: ignore[arg-type]
        return self._tell(self.book.apply([Raise(alarm_id=alarm.alarm_id, at=alarm.raised_at, alarm=alarm)], step))

    def build_alarm(self, n: int, rule: Rule = Rule.LEAVE_BED_NOT_BACK, center_id: str = "elm") -> Alarm:
        """An alarm that stands in no book yet."""
        now = self.services.clock.now()
        urgent = rule is Rule.LEAVE_BED_IMMEDIATE
        began_at = now - (20 * SECOND_MS if urgent else 16 * MINUTE_MS)
        return Alarm(
            alarm_id=f"r{n}.{rule}.{began_at}",
            rule=rule,
            category=Category.CARE,
            priority=Priority.HIGH if urgent else Priority.MEDIUM,
            center_id=center_id,
            resident_id=f"r{n}",
            bed_id=f"b{n}",
            belt_id=f"belt{n}",
            state=AlarmState.ACTIVE,
            began_at=began_at,
            due_at=now,
            raised_at=now,
            reason=Reason(code="left-bed", facts={"left_at": began_at, "limit_s": 10 if urgent else 900}),
        )

    def clear(self, alarm_id: str) -> AlarmEvent:
        """The resident has been back for two minutes, a second after whatever was before."""
        self.clock.at += SECOND_MS
        now = self.services.clock.now()
        return self._tell(self.book.apply([Clear(alarm_id=alarm_id, at=now, cleared_at=now - 2 * MINUTE_MS)], step))

    def write_night(
        self,
        n: int,
        start_at: int,
        occupied: str,
        *,
        every_ms: int = MINUTE_MS,
        stage: SleepStage = SleepStage.UNKNOWN,
    ) -> None:
        """One letter per reading: i in bed, o out of bed, ? unknown, space nothing."""
        meaning = {"i": Occupancy.IN, "o": Occupancy.OUT, "?": Occupancy.UNKNOWN}
        told = [(at, meaning[letter]) for at, letter in enumerate(occupied) if letter != " "]
        observed = start_at + np.array([at for at, _ in told]) * every_ms
        inside = np.array([occupancy == Occupancy.IN for _, occupancy in told])
        batch = ReadingBatch.build(
            belts=(f"belt{n}",),
            belt=np.zeros(len(told)),
            observed_at=observed,
            received_at=observed,
            in_bed=[occupancy for _, occupancy in told],
            heart_rate=np.where(inside, 61.0, np.nan),
            sleep_stage=stage,
            turn_overs=np.where(np.arange(len(told)) % 45 == 7, 1, 0),
        )
        self.readings.write(batch)

    def entry(self, n: int) -> BedEntry:
        """Bed `n` as it was enrolled."""
        return _bed(n)

    def _tell(self, events: list[AlarmEvent]) -> AlarmEvent:
        self.services.hub.publish([AlarmsChanged(events=tuple(events))])
        return events[0]


def build_world(beds: int = 8, **settings: object) -> World:
    clock = FakeClock()
    register, people, book, readings = InMemoryRegister(), InMemoryPeople(), InMemoryAlarmBook(), InMemoryReadings()
    statuses, care = InMemoryBeltStatuses(), InMemoryCare()
    pauses, audit = InMemoryCarePauses(), InMemoryAuditTrail()
    latest: dict[str, BedNow] = {}
    done: list[CareRecord] = []
    unassigned: dict[str, UnassignedBelt] = {}
    world: World
    services = Services(
        clock=clock,
        register=register,
        people=people,
        book=book,
        readings=readings,
        statuses=statuses,
        reports=InMemoryNightReports(),
        rosters=InMemoryRosters(),
        outbox=InMemoryOutbox(),
        care=care,
        pauses=pauses,
        audit=audit,
        consents=InMemoryConsents(),
        rounds=InMemoryRounds(),
        usual=InMemoryUsual(),
        hub=LiveHub(),
        latest=lambda: list(latest.values()),
        step=step,
        secure_cookies=False,
        registry=CollectorRegistry(),
        on_register_changed=lambda: world.changes.append("register"),
        on_care=done.append,
        unassigned=lambda _now: list(unassigned.values()),
    )
    services = replace(services, **settings)  # type: ignore[arg-type]
    world = World(services, clock, register, people, book, readings, statuses, care, pauses, audit, latest, done=done)
    world.unassigned = unassigned
    _enroll(world, beds)
    _hire(people.save)
    return world


def _enroll(world: World, beds: int) -> None:
    long_ago = NIGHT - 60 * 24 * 60 * MINUTE_MS
    entries = [_bed(n) for n in range(1, beds + 1)]
    world.register.enroll(Center(center_id="elm", name="Elm House 榆园"), entries, long_ago)
    world.register.enroll(Center(center_id="oak", name="Oak House"), [_bed(99)], long_ago)
    for n in range(1, beds + 1):
        world.hear(n, Occupancy.IN)


def _bed(n: int) -> BedEntry:
    room = str(100 + (n + 1) // 2)
    name = NAMES[n % len(NAMES)]
    return BedEntry(
        room_id=f"room{room}",
        room=room,
        bed_id=f"b{n}",
        bed="A" if n % 2 else "B",
        belt_id=f"belt{n}",
        resident=Resident(resident_id=f"r{n}", name=name),
    )


def _hire(save: Callable[[Person], None]) -> None:
    """Cheap Argon2 parameters: the tests are about the door, not the lock's hardness."""
    stored = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    staff = [
        ("ada", "Ada Admin", Role.ADMIN, "elm", ()),
        ("wang", "王芳", Role.CAREGIVER, "elm", ()),
        ("li", "Li Na", Role.CAREGIVER, "elm", ()),
        ("son", "Wang Jun", Role.FAMILY, "elm", ("r1",)),
        ("alone", "Nobody's Son", Role.FAMILY, "elm", ()),
        ("oak", "Oak Carer", Role.CAREGIVER, "oak", ()),
    ]
    for login, name, role, center_id, relatives in staff:
        save(
            Person(
                person_id=f"p-{login}",
                login=login,
                name=name,
                role=role,
                password_hash=stored,
                center_id=center_id,
                relatives=frozenset(relatives),
            )
        )
