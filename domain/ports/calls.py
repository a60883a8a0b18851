"""Who is called, how they are reached, who is on duty, and rounds."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Protocol

from domain.alarms import Priority
from domain.calls import Call
from domain.contacts import ContactPoint
from domain.deliveries import Delivery
from domain.escalation import Steps
from domain.roster import Duty, Roster, Shift, Swap
from domain.rounds import Round


class CallQueue(Protocol):
    """Takes calls to people, to be sent when they are due."""

    def queue(self, calls: Sequence[Call]) -> None:
        """Keep each call whose key is not known yet; durable when it returns.

        Does not promise that a call reaches anybody: that takes a contact point that works.
        """
        ...


class Outbox(CallQueue, Protocol):
    """Calls and what has become of them. At-least-once: a crash between sending and `put` sends again."""

    def due(self, now: int, *, limit: int = 500, letters: bool = False) -> list[Delivery]:
        """What is queued and due at `now` (ms), the longest due first: calls about alarms, or else the letters.

        With it what is due later than any try is put off (`domain.deliveries.PUT_OFF_MOST_MS`): our clock was put back.
        """
        ...

    def put(self, deliveries: Sequence[Delivery]) -> None:
        """What became of deliveries that were queued here; idempotent. Durable when it returns."""
        ...

    def of_alarm(self, alarm_id: str) -> list[Delivery]:
        """The alarm's deliveries, by key."""
        ...

    def letters_of(self, resident_id: str, night: date) -> list[Delivery]:
        """The letters about that night of the resident, by key."""
        ...


class ContactBook(Protocol):
    """The ways to reach people and centres. Does not promise that any of them works."""

    def save(self, point: ContactPoint) -> None:
        """Add or replace by `contact_id`. Durable when it returns."""
        ...

    def point(self, contact_id: str) -> ContactPoint:
        """NotFoundError when there is none."""
        ...

    def of_person(self, person_id: str) -> list[ContactPoint]:
        """The person's ways, by `rank`."""
        ...

    def of_center(self, center_id: str) -> list[ContactPoint]:
        """The ways of the centre as a whole, by `rank`."""
        ...

    def remove(self, contact_id: str) -> None:
        """Forget the way; nothing happens when it is unknown."""
        ...


class Rosters(Protocol):
    """Who is on duty when, by centre. Does not promise that the people named exist."""

    def roster(self, center_id: str) -> Roster:
        """The centre's plan; without shifts when none was made."""
        ...

    def plan(self, center_id: str, shifts: Sequence[Shift], duties: Sequence[Duty]) -> None:
        """Let the week be this; swaps stay. ConfigurationError for a duty of a shift that is not there."""
        ...

    def swap(self, center_id: str, swap: Swap) -> None:
        """Let the post of that one shift be this person's; a later one of the same shift, day and post replaces it."""
        ...

    def each_week(self, center_id: str, change: Swap) -> None:
        """Let the post of the shift be this person's ("" nobody's) on that weekday each week; a swap of that day goes.

        Whatever else of the plan changes at the same time stays. NotFoundError for a shift that is not there.
        """
        ...

    def escalate(self, center_id: str, steps: Mapping[Priority, Steps]) -> None:
        """Let the centre's alarms call by these steps, and by the defaults where it names none."""
        ...


class Rounds(Protocol):
    """Rounds and who was seen on them. Does not promise that those named are in the register."""

    def begin(self, begun: Round) -> Round:
        """Keep it and return it; if the person has one that lasts at its `started_at`, return that one instead.

        Durable when it returns. However many begin for the same person at once, one round comes of it.
        """
        ...

    def change(self, round_id: str, step: Callable[[Round], Round]) -> Round:
        """Take the stored round through `step` and keep what comes of it, which nobody else changes in between.

        `step` leaves everything but `seen` and `finished_at` as it is. NotFoundError when there is none; what `step`
        raises leaves it as it was. Durable when it returns.
        """
        ...

    def round(self, round_id: str) -> Round:
        """NotFoundError when there is none."""
        ...

    def between(self, center_id: str, start_at: int, end_at: int) -> list[Round]:
        """The centre's rounds with `start_at` <= `started_at` < `end_at` (ms), oldest first."""
        ...

    def of_resident(self, resident_id: str, start_at: int, end_at: int) -> list[Round]:
        """Rounds on which the resident was seen at `start_at` <= `at` < `end_at` (ms), oldest first, with those looks
        alone.
        """
