"""Alarms, what belts say of themselves, and care that is documented."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.alarms import Alarm, AlarmEvent, AlarmInput, StepFunction
from domain.belts import BeltStatus
from domain.care import CareKind, CareRecord
from domain.pauses import CarePause, PauseEnd
from domain.watch import BedState, ConditionState


class AlarmBook(Protocol):
    """Alarms, their history, the notices they owe, and the timers they came from.

    Does not promise that a notice was sent: the outbox is at-least-once.
    """

    def apply(
        self,
        inputs: Sequence[AlarmInput],
        step: StepFunction,
        *,
        beds: Sequence[BedState] = (),
        conditions: Sequence[ConditionState] = (),
        ended: Sequence[tuple[str, str]] = (),
    ) -> list[AlarmEvent]:
        """Take each input through `step` on the stored alarm, in order, and store all of it in one transaction.

        `beds` and `conditions` replace the stored states of their belt (and rule); `ended` (belt id, rule) are
        removed. Returns the new events with their `event_id`. An IllegalStepError (or NotFoundError for a command
        on an alarm that does not exist) leaves everything as it was. Durable when it returns.
        """
        ...

    def states(self) -> tuple[list[BedState], list[ConditionState]]:
        """What was last stored of every bed and running condition; for the start."""
        ...

    def alarm(self, alarm_id: str) -> Alarm:
        """NotFoundError when there is none."""
        ...

    def open_alarms(self, center_id: str) -> list[Alarm]:
        """Alarms that are not resolved, oldest first."""
        ...

    def in_hand(self, since_at: int) -> list[Alarm]:
        """What something may yet happen to, of all centres, oldest first.

        Alarms that are open, that were resolved at or after `since_at` (ms), or that wait to come again.
        """
        ...

    def history(self, alarm_id: str) -> list[AlarmEvent]:
        """The alarm's events, oldest first; empty when there is no such alarm."""
        ...

    def events_after(self, event_id: int, *, limit: int = 500) -> list[AlarmEvent]:
        """Events with a larger id, ascending, each with the alarm as it stands now."""
        ...

    def last_event_id(self) -> int:
        """The largest event id, 0 when there is none."""
        ...

    def alarms_of(self, resident_id: str, start_at: int, end_at: int) -> list[Alarm]:
        """The resident's alarms with `start_at` <= `began_at` < `end_at`, oldest first."""
        ...

    def alarms_between(self, center_id: str, start_at: int, end_at: int) -> list[Alarm]:
        """The centre's alarms with `start_at` <= `began_at` < `end_at`, oldest first; of residents and of the whole."""
        ...


class BeltStatuses(Protocol):
    """The latest that each belt said of itself."""

    def put(self, statuses: Sequence[BeltStatus]) -> None:
        """Merge into what is kept, in the order given: what a status does not tell stays as it was.

        A status whose `at` is older than what is kept of its belt changes nothing; of two with the same `at` the later
        in order goes over the earlier. Idempotent. Durable when it returns. Does not promise that `at` is when the
        belt said it: what a broker kept for newcomers is told anew at each connect.
        """
        ...

    def all(self) -> list[BeltStatus]:
        """Every belt that ever told something, by belt id."""
        ...


class CareRecords(Protocol):
    """What the staff documented about residents' care. Does not promise that a resident is in the register."""

    def record(self, record: CareRecord) -> None:
        """Keep it; one of the same resident, kind and instant is kept as it was first. Durable when it returns."""
        ...

    def latest(self, kind: CareKind, since_at: int) -> Mapping[str, int]:
        """When it was last done for each resident, by resident id, where that was at `since_at` (ms) or later."""
        ...

    def records_of(self, resident_id: str, kind: CareKind, start_at: int, end_at: int) -> list[CareRecord]:
        """The resident's records of the kind with `start_at` <= `at` < `end_at` (ms), oldest first."""


class CarePauses(Protocol):
    """Pauses for care. Does not promise that a resident has one at a time."""

    def begin(self, pause: CarePause) -> None:
        """Keep it; nothing happens when its id is known. Durable when it returns."""
        ...

    def end(self, pause_id: str, at: int, how: PauseEnd, person_id: str | None = None) -> None:
        """It ended at `at` (ms). Nothing happens when it had ended, or is not known. Durable when it returns."""
        ...

    def since(self, at: int) -> list[CarePause]:
        """Those that last, lasted or will last beyond `at` (ms), of all centres, the oldest first."""
        ...
