"""What is told beside the roster's calls: a centre's group of a new alarm, who was called that somebody goes."""

from typing import Final

from alerts.channels import center_call, taken_calls
from domain.alarms import AlarmEvent
from domain.clock import Clock
from domain.ports import AlarmBook, ContactBook, Outbox

LOOKED_BACK: Final = 500
"""Events before the start that are looked at again: a crash may have left them untold. Keys keep them from being told
twice, and their age from being told late."""


class News:
    """Queues what each new alarm event owes. `turn` is one round; UnavailableError when the records are away."""

    def __init__(self, *, book: AlarmBook, outbox: Outbox, contacts: ContactBook, clock: Clock) -> None:
        self._book, self._outbox, self._contacts, self._clock = book, outbox, contacts, clock
        self._seen: int | None = None

    def turn(self) -> None:
        if self._seen is None:
            self._seen = max(0, self._book.last_event_id() - LOOKED_BACK)
        while events := self._book.events_after(self._seen):
            for event in events:
                self._tell(event)
                self._seen = event.event_id

    def _tell(self, event: AlarmEvent) -> None:
        now = self._clock.now()
        known = self._outbox.of_alarm(event.alarm.alarm_id)
        call = center_call(event, known, now)
        if call is not None and self._contacts.of_center(event.alarm.center_id):
            self._outbox.queue([call])
        self._outbox.queue(taken_calls(event, known, now))
