"""Who is on duty: shifts by the week, who has which post, and swaps for single days (pure).

A shift is named by the local date on which it begins, also after midnight. Local times become instants through the
centre's zone, so a shift keeps its hours when the clocks change: a night shift is an hour longer or shorter then.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from domain.alarms import Priority
from domain.clock import instant, utc
from domain.errors import ConfigurationError
from domain.escalation import Steps

WEEK: Final = range(7)
"""Monday is 0."""


class Post(StrEnum):
    """A place on a shift: who is called first, who next, and who leads it."""

    A = "a"
    B = "b"
    LEAD = "lead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A part of the day, in local time; `end` at or before `start` is on the next day."""

    shift_id: str
    name: str
    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start.tzinfo is not None or self.end.tzinfo is not None:
            raise ConfigurationError(f"shift {self.shift_id}: local times carry no zone")

    def span(self, day: date, tz: ZoneInfo) -> tuple[int, int]:
        """[start, end) (ms) of the shift that begins on `day`."""
        ends_on = day if self.end > self.start else day + timedelta(days=1)
        return _instant(day, self.start, tz), _instant(ends_on, self.end, tz)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """`person_id` has the post on that shift each week; `weekday` is that of the shift's beginning, Monday 0."""

    shift_id: str
    weekday: int
    post: Post
    person_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """On the shift that begins on `day` the post is `person_id`'s, whoever has it else; "" leaves it empty."""

    shift_id: str
    day: date
    post: Post
    person_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDuty:
    """Who has the posts at an instant. Of overlapping shifts both are there: at a hand-over two people share a post."""

    posts: Mapping[Post, tuple[str, ...]]

    def on(self, post: Post) -> tuple[str, ...]:
        return self.posts.get(post, ())

    @property
    def everybody(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(person for post in Post for person in self.on(post)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The plan of one centre. A duty or swap of a shift that is not there counts for nothing.

    `steps`: by which steps an alarm calls, where the centre has others than the defaults.
    """

    center_id: str
    shifts: tuple[Shift, ...] = ()
    duties: tuple[Duty, ...] = ()
    swaps: tuple[Swap, ...] = ()
    steps: Mapping[Priority, Steps] = field(default_factory=dict)

    def holder(self, shift: Shift, day: date, post: Post) -> str:
        """Who has the post on the shift that begins on `day`; "" when nobody has."""
        for swap in reversed(self.swaps):
            if (swap.shift_id, swap.day, swap.post) == (shift.shift_id, day, post):
                return swap.person_id
        for duty in reversed(self.duties):
            if (duty.shift_id, duty.weekday, duty.post) == (shift.shift_id, day.weekday(), post):
                return duty.person_id
        return ""

    def on_duty(self, at: int, tz: ZoneInfo) -> OnDuty:
        """Who has the posts at `at` (ms)."""
        posts: dict[Post, tuple[str, ...]] = {}
        for shift, day in shifts_at(self.shifts, at, tz):
            for post in Post:
                if person_id := self.holder(shift, day, post):
                    posts[post] = tuple(dict.fromkeys((*posts.get(post, ()), person_id)))
        return OnDuty(posts=posts)


def shifts_at(shifts: Iterable[Shift], at: int, tz: ZoneInfo) -> Iterator[tuple[Shift, date]]:
    """The shifts that run at `at` (ms), each with the local date on which it began."""
    today = utc(at).astimezone(tz).date()
    for shift in shifts:
        for day in (today - timedelta(days=1), today):
            start_at, end_at = shift.span(day, tz)
            if start_at <= at < end_at:
                yield shift, day


def _instant(day: date, at: time, tz: ZoneInfo) -> int:
    return instant(datetime.combine(day, at, tzinfo=tz))
