"""A week of the roster for a reader, and changing it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from api.changes import note_change
from api.languages import N_
from api.services import Services
from api.viewer import Viewer
from api.ward import Ward, read_ward
from domain.audit import AuditEntry, Change, roster_of
from domain.clock import utc
from domain.errors import NotFoundError
from domain.people import Right
from domain.roster import WEEK, OnDuty, Post, Roster, Shift, Swap

POSTS: Final = {Post.A: N_("A post"), Post.B: N_("B post"), Post.LEAD: N_("Lead")}

YEARS: Final = range(1970, 9999)
"""The years of which weeks can be asked for: instants count from the first, and dates end soon after the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Who has a post on one shift; `swapped` when only for that day. `running`: the shift is on now."""

    day: date
    person_id: str
    name: str
    swapped: bool
    running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostChange:
    """`person` gave a post to somebody else at `at` (ms); names, "" for nobody."""

    at: int
    person: str
    what: Change
    shift: str
    day: date
    post: Post
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterView:
    """A week from its Monday. `rows` has seven cells for each shift and post; `names` are those who can be called.

    `changes` are the latest, of whatever week.
    """

    ward: Ward
    first: date
    today: date
    days: tuple[date, ...]
    rows: tuple[tuple[Shift, Post, tuple[Cell, ...]], ...]
    names: Mapping[str, str]
    now: OnDuty
    changes: tuple[PostChange, ...]


def read_roster(services: Services, viewer: Viewer, day: date | None) -> RosterView:
    """The week of `day`, or the present one. NotFoundError outside `YEARS`."""
    ward = read_ward(services, viewer.center_id)
    at = services.clock.now()
    today = utc(at).astimezone(ward.zone).date()
    first = _monday(day or today)
    days = tuple(first + timedelta(days=n) for n in WEEK)
    roster = services.rosters.roster(viewer.center_id)
    names = _names(services, viewer.center_id)
    week = _Week(roster=roster, ward=ward, names=names, at=at)
    rows = [
        (shift, post, tuple(week.cell(shift, post, day) for day in days)) for shift in roster.shifts for post in Post
    ]
    now = roster.on_duty(at, ward.zone)
    return RosterView(
        ward=ward,
        first=first,
        today=today,
        days=days,
        rows=tuple(rows),
        names=names,
        now=now,
        changes=_changes(services, roster),
    )


def change_post(services: Services, viewer: Viewer, change: Swap, *, each_week: bool) -> None:
    """Give the post to somebody (or "" to nobody) for the one shift, or from now on each week.

    NotFoundError for a shift or a week that is not there, and for somebody who cannot be called.
    """
    center_id = viewer.center_id
    _monday(change.day)
    if change.person_id and change.person_id not in _names(services, center_id):
        raise NotFoundError("person", change.person_id)
    roster = services.rosters.roster(center_id)
    shift = next((shift for shift in roster.shifts if shift.shift_id == change.shift_id), None)
    if shift is None:
        raise NotFoundError("shift", change.shift_id)
    if each_week:
        services.rosters.each_week(center_id, change)
        before = replace(roster, swaps=()).holder(shift, change.day, change.post)
    else:
        services.rosters.swap(center_id, change)
        before = roster.holder(shift, change.day, change.post)
    if before != change.person_id:
        what = Change.ROSTER_WEEKLY if each_week else Change.ROSTER_ONCE
        told = {"shift": change.shift_id, "day": change.day.isoformat(), "post": str(change.post)}
        note_change(
            services,
            viewer,
            what,
            roster_of(center_id),
            before={**told, "person": before},
            after={**told, "person": change.person_id},
        )


def _changes(services: Services, roster: Roster) -> tuple[PostChange, ...]:
    shifts = {shift.shift_id: shift.name for shift in roster.shifts}

    def name_of(person_id: str) -> str:
        person = services.people.by_id(person_id) if person_id else None
        return person.name if person else person_id

    def view(entry: AuditEntry) -> PostChange:
        return PostChange(
            at=entry.at,
            person=name_of(entry.person_id),
            what=entry.what,
            shift=shifts.get(entry.after["shift"], entry.after["shift"]),
            day=date.fromisoformat(entry.after["day"]),
            post=Post(entry.after["post"]),
            before=name_of(entry.before["person"]),
            after=name_of(entry.after["person"]),
        )

    return tuple(view(entry) for entry in services.audit.entries(roster_of(roster.center_id), limit=10))


def _monday(day: date) -> date:
    if day.year not in YEARS:
        raise NotFoundError("week", day.isoformat())
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Week:
    roster: Roster
    ward: Ward
    names: Mapping[str, str]
    at: int

    def cell(self, shift: Shift, post: Post, day: date) -> Cell:
        person_id = self.roster.holder(shift, day, post)
        start_at, end_at = shift.span(day, self.ward.zone)
        return Cell(
            day=day,
            person_id=person_id,
            name=self.names.get(person_id, person_id),
            swapped=person_id != replace(self.roster, swaps=()).holder(shift, day, post),
            running=start_at <= self.at < end_at,
        )


def _names(services: Services, center_id: str) -> dict[str, str]:
    people = services.people.of_center(center_id)
    return {person.person_id: person.name for person in people if person.may(Right.HANDLE_ALARMS)}
