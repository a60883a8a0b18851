"""The ports: what the parts ask of stores and engines, and what those do not promise.

Adapters live in `storage/`; `nightbelt` picks them. Every method may raise `UnavailableError`.
All are safe to call from several threads unless said otherwise.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from domain.alarms import Alarm, AlarmEvent, AlarmInput, Priority, StepFunction
from domain.audit import AuditEntry
from domain.belts import BeltStatus
from domain.calls import Call
from domain.care import CareKind, CareRecord
from domain.consents import ReportConsent, Shape
from domain.contacts import ContactPoint
from domain.deliveries import Delivery
from domain.escalation import Steps
from domain.pauses import CarePause, PauseEnd
from domain.people import Person, Session
from domain.readings import MinuteColumns, ReadingBatch
from domain.reports import KeptReport, LateDay
from domain.residents import BeltSpan, Center, LeaveBedSettings, Place, Resident, Side, VitalSettings, WatchedSpan
from domain.roster import Duty, Roster, Shift, Swap
from domain.rounds import Round
from domain.spool import SpoolStatus
from domain.usual import NightRates, UsualLevels
from domain.watch import BedState, ConditionState


class ReadingsStore(Protocol):
    """Raw readings by belt and time.

    Idempotent on belt + `observed_at`: however often a reading is written, it is there once. Does not promise which
    of two different readings of the same belt and instant survives (it may be columns of both), nor that a write is
    visible to other processes.
    """

    def write(self, batch: ReadingBatch) -> int | None:
        """Make the batch durable: when this returns it survives kill -9.

        Returns how many readings were new, None from a store that cannot tell. RejectedError where the engine refuses
        what is in the batch; a part of it may be stored then.
        """
        ...

    def read(self, belt_id: str, start_at: int, end_at: int) -> ReadingBatch:
        """The belt's readings with `start_at` <= `observed_at` < `end_at` (ms), ascending; may be empty."""
        ...

    def minutes(self, belt_id: str, start_at: int, end_at: int) -> MinuteColumns:
        """The same readings by the minute; minutes count from the epoch."""
        ...

    def delete(self, belt_id: str, start_at: int, end_at: int) -> int:
        """Remove the belt's readings in [`start_at`, `end_at`) (ms) for good; returns how many there were.

        RefusedError from an engine that cannot delete.
        """
        ...


class ReadingsSpool(Protocol):
    """Readings that wait to be sent on, in order of arrival.

    Does not promise that a reading is sent once: after a crash what was sent last comes again.
    """

    def sending(self, limit: int) -> AbstractContextManager[ReadingBatch]:
        """The oldest waiting readings, `limit` at most; empty when none wait.

        They are done when the block ends without an error, else they stay the oldest. One block at a time.
        """
        ...

    def drop_before(self, received_before: int) -> int:
        """Give up the oldest readings while they came in before that (our clock, ms); returns how many."""
        ...

    def status(self) -> SpoolStatus: ...


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


@dataclass(frozen=True, slots=True, kw_only=True)
class BedEntry:
    """One bed of a centre file: its room, its belt, and who has it; None clears belt or resident."""

    room_id: str
    room: str
    bed_id: str
    bed: str
    side: Side = Side.WHOLE
    belt_id: str | None = None
    resident: Resident | None = None


class Register(Protocol):
    """Centres, rooms, beds, belts, residents and stays."""

    def enroll(self, center: Center, beds: Sequence[BedEntry], at: int) -> None:
        """Make the register say this from `at` (ms) on; idempotent.

        New things are added, changed names and settings are updated. A resident or belt that moved ends the old stay
        or mounting at `at` and begins the new. Beds that are not named stay as they are. ConfigurationError when a
        belt or resident is named twice.
        """
        ...

    def places(self, at: int) -> list[Place]:
        """Every bed as it stands at `at` (ms), ordered by centre, room, bed and side."""
        ...

    def resident(self, resident_id: str) -> Resident:
        """NotFoundError when there is none."""
        ...

    def belt_spans(self, resident_id: str, start_at: int, end_at: int) -> list[BeltSpan]:
        """Which belts reported for the resident, when, inside [`start_at`, `end_at`) (ms), ascending.

        Taken from the stays and the mountings of the time, so a moved resident keeps the right history.
        """
        ...

    def set_leave_bed(self, resident_id: str, settings: LeaveBedSettings) -> None:
        """NotFoundError when there is no such resident."""
        ...

    def set_vitals(self, resident_id: str, settings: VitalSettings) -> None:
        """NotFoundError when there is no such resident."""
        ...

    def watched_spans(self, center_id: str, start_at: int, end_at: int) -> list[WatchedSpan]:
        """Who lay on a bed of the centre with a belt, when, inside [`start_at`, `end_at`) (ms), ascending.

        Taken from the stays and the mountings of the time. Does not promise that anybody slept there or that the
        belt reported.
        """
        ...


class People(Protocol):
    """Logins and sessions. Password hashing is the caller's work."""

    def save(self, person: Person) -> None:
        """Add or replace by `person_id`; a new password ends their sessions. ConfigurationError when another person has
        the login.
        """
        ...

    def by_login(self, login: str) -> Person | None: ...

    def by_id(self, person_id: str) -> Person | None: ...

    def of_center(self, center_id: str) -> list[Person]:
        """Everybody with a login there, families as well, by `person_id`."""
        ...

    def begin(self, session: Session, *, at: int) -> None:
        """Let the session stand, and forget those that were over at `at` (ms)."""
        ...

    def session(self, token_hash: str, at: int) -> tuple[Session, Person] | None:
        """The session and its person; None when it is unknown or over at `at` (ms)."""
        ...

    def end(self, token_hash: str) -> None:
        """Forget the session; nothing happens when it is unknown."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A message that could not become readings, whole: `payload` as it came, and why."""

    entry_id: int = 0
    received_at: int
    topic: str
    payload: bytes
    reason: str
    detail: str


class Quarantine(Protocol):
    """Where undecodable messages are kept for a person to look at."""

    def put(self, entries: Sequence[Quarantined]) -> None:
        """Durable when it returns."""
        ...

    def entries(self, *, limit: int = 100) -> list[Quarantined]:
        """The newest first."""
        ...

    def counts(self) -> dict[str, int]:
        """How many there are by reason."""
        ...


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


class NightReports(Protocol):
    """The reports of nights, by resident and night."""

    def put(self, reports: Sequence[KeptReport]) -> None:
        """Keep each, in place of an earlier one of the same resident and night. Durable when it returns. Idempotent.

        What an older version of the analysis made, or the same version earlier, replaces nothing.
        """
        ...

    def get(self, resident_id: str, night: date) -> KeptReport | None:
        """The whole report; None when there is none."""
        ...

    def between(self, resident_id: str, first: date, last: date) -> list[KeptReport]:
        """The resident's reports of the nights `first` to `last`, both included, ascending, without their epochs."""
        ...

    def versions(self, first: date, last: date) -> Mapping[tuple[str, date], int]:
        """By which version the reports of these nights (both included) were made, by resident and night."""
        ...


class LateReadings(Protocol):
    """Days of readings that came after their night was over, and wait for its report to be made anew.

    Does not promise that a noted day holds a night of anybody.
    """

    def note(self, days: Iterable[tuple[str, int]]) -> None:
        """Each (belt id, UTC day) waits from now on. Durable when it returns."""
        ...

    def waiting(self) -> list[LateDay]: ...

    def done(self, days: Sequence[LateDay]) -> None:
        """They wait no more, but for those that were noted again since `waiting` gave them."""
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


class AuditTrail(Protocol):
    """Who changed what. Does not promise that the change itself was stored in the same transaction."""

    def put(self, entry: AuditEntry) -> None:
        """Add it; `entry_id` is given by the trail. Durable when it returns."""
        ...

    def entries(self, subject: str, *, limit: int = 50) -> list[AuditEntry]:
        """What was changed of `subject` (a resident id), the newest first."""
        ...


class Consents(Protocol):
    """Consent to telling families of nights, one record for each resident and family member; history is the audit's.

    Does not promise that the family member, or the resident, is still known.
    """

    def give(self, consent: ReportConsent) -> None:
        """Let it stand in place of an earlier one of the same two; what the family had wished stays.

        Durable when it returns.
        """
        ...

    def withdraw(self, resident_id: str, person_id: str, at: int, by: str) -> None:
        """It ended at `at` (ms), as `by` recorded. Nothing happens when none stands. Durable when it returns."""
        ...

    def wish(self, resident_id: str, person_id: str, shape: Shape) -> None:
        """The family member wants this at most. NotFoundError when there was never a consent."""
        ...

    def find(self, *, resident_id: str | None = None, person_id: str | None = None) -> list[ReportConsent]:
        """Those of the resident, of the family member, or all; withdrawn ones as well, by resident and person."""
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


class UsualBook(Protocol):
    """What is usual for residents, and the nights of rates it is worked out from.

    Does not promise more of a minute's rate than half a beat or an eighth of a breath.
    """

    def put_night(self, rates: NightRates) -> None:
        """Keep it in place of an earlier one of the same resident and night. Durable when it returns. Idempotent."""
        ...

    def nights(self, resident_id: str, since: date) -> list[NightRates]:
        """The resident's kept nights from `since` on, ascending."""
        ...

    def learned(self, night: date) -> frozenset[str]:
        """Whose rates of that night are kept."""
        ...

    def put_levels(self, levels: UsualLevels, *, forget_before: date) -> None:
        """Let the resident's levels be these, and forget their nights before `forget_before`. Durable afterwards."""
        ...

    def levels(self, resident_id: str | None = None) -> list[UsualLevels]:
        """Of the resident (None: of everybody), where there are some, by resident id."""
        ...
