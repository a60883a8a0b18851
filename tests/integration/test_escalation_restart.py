"""Calls over restarts, with records on disk: what is overdue comes at once, to who is on duty now, and none twice."""

import contextlib
from dataclasses import replace
from datetime import time
from pathlib import Path

from alerts.lifecycle import step
from domain.alarms import Raise, Rule
from domain.calls import CallReason
from domain.deliveries import Delivery
from domain.people import Person, Role
from domain.ports import BedEntry
from domain.residents import Center
from domain.roster import WEEK, Duty, Post, Shift
from domain.units import HOUR_MS, SECOND_MS
from nightbelt.channels.desks import Books
from nightbelt.channels.escalating import Escalating
from storage.records import Records
from storage.records_alarm_book import RecordsAlarmBook
from storage.records_contacts import RecordsContacts
from storage.records_outbox import RecordsOutbox
from storage.records_people import RecordsPeople
from storage.records_register import RecordsRegister
from storage.records_rosters import RecordsRosters
from tests.unit.api.world import FakeClock, build_world

ALARM = build_world().build_alarm(1, Rule.LEAVE_BED_IMMEDIATE)
SHIFTS = (
    Shift(shift_id="night", name="", start=time(22), end=time(7)),
    Shift(shift_id="day", name="", start=time(7), end=time(22)),
)


def books_of(records: Records) -> Books:
    return Books(
        outbox=RecordsOutbox(records),
        contacts=RecordsContacts(records),
        alarms=RecordsAlarmBook(records),
        people=RecordsPeople(records),
        register=RecordsRegister(records),
        rosters=RecordsRosters(records),
    )


def furnish(books: Books) -> None:
    """Wang and Li by night, Zhao by day, Lin leads; one alarm at 03:12."""
    bed = BedEntry(room_id="r", room="101", bed_id="b1", bed="A")
    books.register.enroll(Center(center_id="elm", name="Elm"), [bed], 0)
    person = Person(person_id="", login="", name="", role=Role.CAREGIVER, password_hash="", center_id="elm")
    for login in ("wang", "li", "zhao", "lin"):
        role = Role.LEAD if login == "lin" else Role.CAREGIVER
        books.people.save(replace(person, person_id=login, login=login, role=role))
    posts = {("night", Post.A): "wang", ("night", Post.B): "li", ("day", Post.A): "zhao"}
    duties = [
        Duty(shift_id=shift, weekday=day, post=post, person_id=who)
        for (shift, post), who in posts.items()
        for day in WEEK
    ]
    books.rosters.plan("elm", SHIFTS, duties)
    books.alarms.apply([Raise(alarm_id=ALARM.alarm_id, at=ALARM.raised_at, alarm=ALARM)], step)


def run(path: Path, at: int, turns: int = 2) -> list[Delivery]:
    """A service that starts at `at` (ms), looks, and is gone; all calls that ever were, in their order."""
    with contextlib.closing(Records.open(path)) as records:
        books = books_of(records)
        worker = Escalating(books=books, centers=lambda: ("elm",), clock=FakeClock(at))
        for _ in range(turns):
            worker.turn()
        return sorted(books.outbox.of_alarm(ALARM.alarm_id), key=lambda each: each.call.due_at)


def test_over_restarts_each_is_called_once_and_the_shift_of_now_is(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    with contextlib.closing(Records.open(path)) as records:
        furnish(books_of(records))
    at = ALARM.raised_at
    assert [each.call.person_id for each in run(path, at)] == ["wang"]
    assert [each.call.person_id for each in run(path, at + 59 * SECOND_MS)] == ["wang"]
    assert [each.call.person_id for each in run(path, at + 170 * SECOND_MS)] == ["wang", "li"]
    by_day = run(path, at + 6 * HOUR_MS)[2:]
    assert sorted(each.call.person_id for each in by_day) == ["li", "lin", "wang", "zhao"]
    latest = max(by_day, key=lambda each: each.call.due_at)
    assert latest.call.reason is CallReason.REPEATED
    assert {each.call.person_id for each in by_day if each.call.due_at == latest.call.due_at} == {"zhao", "lin"}
    assert len(run(path, at + 6 * HOUR_MS + 60 * SECOND_MS)) == 6
    again = run(path, at + 7 * HOUR_MS)[6:]
    assert sorted(each.call.person_id for each in again) == ["lin", "zhao"], "nobody has taken it yet"
