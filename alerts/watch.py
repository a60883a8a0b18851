"""The watch over the beds: readings in, committed alarms and live events out.

Joins the condition engine, the life cycle and the alarm book. One worker owns it; `settings_changed`, `cared` and
`latest` may be called from other threads. Commit, then send: an alarm event is returned only once it is durable. When
the book cannot be reached, what was decided is kept in order and tried again by the next `commit`; nothing is decided
twice. When the register cannot be read, the watch goes on with what was asked before.

What alarms mean for one another is decided with the commit, on the alarms as they stand in the book
(`alerts.standing`): people act on them meanwhile.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from alerts.conditions import Conditions
from alerts.lifecycle import step
from alerts.pausing import AHEAD_MS, LOOK_BACK_MS, Pausing
from alerts.reasons import reason_of
from alerts.rulebook import slot_of
from alerts.runs import Kind, Slot, Transition
from alerts.standing import MERGE_MS, Holding, InHand, Surroundings
from alerts.unassigned import UnassignedBelts
from domain.alarms import Alarm, AlarmEvent, AlarmInput, AlarmState, Clear, Raise, Record, Rule
from domain.belts import BeltStatus
from domain.care import CareKind, CareRecord
from domain.live import AlarmsChanged, BedNow, BedsChanged, LiveEvent, WardChanged
from domain.ports import AlarmBook, BeltStatuses, CarePauses, CareRecords, Register, UsualBook
from domain.readings import ReadingBatch
from domain.residents import Place
from domain.units import DAY_MS, LONG_AGO, MINUTE_MS, SECOND_MS
from domain.usual import UsualLevels
from domain.watch import BedState, ConditionState

REFRESH_MS: Final = 30 * SECOND_MS
"""How often the register is looked at for changes made elsewhere."""

_OF_CENTERS: Final = {Rule.CENTER_SILENT, Rule.GROUP_SILENT}


HEARD_MS: Final = MINUTE_MS
"""What comes of a belt within this after its last will may have been on its way already (own choice)."""
PUT_BACK_MS: Final = 10 * SECOND_MS
"""Less than this makes a timer over a silent belt late by no more than that."""
TURNS_KEPT_MS: Final = DAY_MS
"""Longer than any time within which somebody is to be turned."""


class Watch:
    """Over all enrolled belts of the register. Begins with what the book remembers.

    Goes on with what belts last said of themselves in `statuses`, as if said at the start: a belt that was offline may
    be back since. `care` is what the staff documents, `pauses`
    are its pauses, `usual` is what is usual for residents. Without them nothing of the kind is known. `unassigned` is
    told of the beds, too.
    """

    def __init__(
        self,
        *,
        register: Register,
        book: AlarmBook,
        now: int,
        statuses: BeltStatuses | None = None,
        care: CareRecords | None = None,
        pauses: CarePauses | None = None,
        usual: UsualBook | None = None,
    ) -> None:
        self._register = register
        self._book = book
        self._statuses, self._care = statuses, care
        self._cared: deque[CareRecord] = deque()
        self._turned: dict[str, int] = {}
        self._pauses = pauses
        self._pausing = Pausing()
        self._usual_book, self._usual = usual, dict[str, UsualLevels]()
        self._now, self._heard_until, self._ticked = now, LONG_AGO, False
        self._running: dict[tuple[str, str], ConditionState] = {}
        self._places: dict[str, Place] = {}
        self.unassigned = UnassignedBelts()
        self._latest: dict[str, BedNow] = {}
        self._inputs: list[AlarmInput] = []
        self._beds: dict[str, BedState] = {}
        self._runs: dict[tuple[str, str], ConditionState | None] = {}
        self._refreshed_at = LONG_AGO
        self._asked_to_refresh = True
        self._conditions = Conditions()
        self.refresh(now)
        beds, conditions = book.states()
        self._conditions.restore(beds, conditions)
        self._conditions.put_ours_back(now, 0)  # if it was while we were away; by how much nobody knows
        self._show(range(len(self._places)))
        self._learn(self._known(), now)

    def settings_changed(self) -> None:
        """The register says something else: look at it before the next reading."""
        self._asked_to_refresh = True

    def cared(self, record: CareRecord) -> None:
        """The staff has documented this: it counts before the next reading is judged."""
        self._cared.append(record)

    def latest(self) -> Sequence[BedNow]:
        """The latest of every enrolled belt's bed."""
        return tuple(self._latest.values())

    def refresh(self, now: int) -> None:
        """Look at the register, if that was asked for or is due. Any error of it; nothing has changed then."""
        if not self._asked_to_refresh and abs(now - self._refreshed_at) < REFRESH_MS:
            return
        self._asked_to_refresh = False
        try:
            everywhere = self._register.places(now)
            places = {place.belt_id: place for place in everywhere if place.belt_id is not None}
            pauses = [] if self._pauses is None else self._pauses.since(now - LOOK_BACK_MS)
            turned = self._care.latest(CareKind.TURN, now - TURNS_KEPT_MS) if self._care else {}
            usual = {one.resident_id: one for one in self._usual_book.levels()} if self._usual_book else {}
            known = self._known() if places != self._places else []
            for place in places.values():  # what cannot be asked must be found before anything is changed
                _slot(place, LONG_AGO, None)
        except Exception:
            self._asked_to_refresh = True
            raise
        self._refreshed_at = now
        self.unassigned.know(everywhere)
        paused_otherwise = self._pausing.take(pauses)
        learned = _made(usual) != _made(self._usual)
        if places != self._places or paused_otherwise or learned:
            self._places, self._usual = places, usual
            self._configure()
            self._learn(known, now)
        self._turn(turned)

    def _configure(self) -> None:
        self._conditions.configure([self._slot(place) for place in self._places.values()])
        self._take_changes()
        self._latest = {bed.belt_id: bed for bed in map(self._conditions.beds.now, range(len(self._places)))}

    def _slot(self, place: Place) -> Slot:
        resident_id = "" if place.resident is None else place.resident.resident_id
        return _slot(place, self._pausing.until(resident_id), self._usual.get(resident_id))

    def _known(self) -> Sequence[BeltStatus]:
        return self._statuses.all() if self._statuses else ()

    def _learn(self, known: Sequence[BeltStatus], now: int) -> None:
        """What was said and done before; a belt that is enrolled now may have said it long ago."""
        still = [replace(status, at=now, online=self._online(status)) for status in known]
        self._decide(self._conditions.tell(still, now))
        self._turn(self._turned)

    def _online(self, status: BeltStatus) -> bool | None:
        """What the status still says of that: readings that came since speak against a last will."""
        bed = self._latest.get(status.belt_id)
        heard_at = LONG_AGO if bed is None or bed.received_at is None else bed.received_at
        return None if status.online is False and heard_at - status.at >= HEARD_MS else status.online

    def _turn(self, turned: Mapping[str, int]) -> None:
        """Residents were turned, the last time at that instant (our clock).

        What lies ahead is from before our clock was put back, and counts for what it did then.
        """
        latest_at = self._now + AHEAD_MS
        self._turned = {who: at for who, at in self._turned.items() if at <= latest_at}
        new = {who: at for who, at in turned.items() if self._turned.get(who, LONG_AGO) <= at <= latest_at}
        self._turned.update(new)
        for belt_id, place in self._places.items() if new else ():
            at = new.get(place.resident.resident_id) if place.resident else None
            if at is not None:
                self._decide(self._conditions.turned(belt_id, at))

    def _take_care(self) -> None:
        while self._cared:
            record = self._cared.popleft()
            if record.kind is CareKind.TURN:
                self._turn({record.resident_id: record.at})

    def tell(self, statuses: Sequence[BeltStatus], now: int) -> None:
        """Belts have said this of themselves, in this order. What follows is told by `commit`."""
        self._decide(self._conditions.tell(statuses, now))

    def observe(self, batch: ReadingBatch, now: int) -> list[LiveEvent]:
        """Decide on new readings; returns the beds they changed. What follows is told by `commit`.

        Readings of belts that are not enrolled are passed over.
        """
        self._take_care()
        self._look_at_our_clock(now)
        self._decide(self._conditions.observe(batch, now))
        shown = self._show(self._conditions.slots_of(batch.belts))
        return [BedsChanged(beds=shown)] if shown else []

    def tick(self, now: int, heard_until: int) -> None:
        """Let timers run out that were due by `heard_until`: what was heard later may end the others.

        They are raised at `now`. What follows is told by `commit`.
        """
        self._take_care()
        self._look_at_our_clock(now)
        self._heard_until, self._ticked = heard_until, True
        if self._pausing.end(now, heard_until, self._spell):
            self._configure()
        self._decide([replace(told, at=now) for told in self._conditions.tick(heard_until)])

    def _look_at_our_clock(self, now: int) -> None:
        if self._now - now > PUT_BACK_MS:
            self._conditions.put_ours_back(now, self._now - now)
        self._now = now

    def commit(self) -> list[LiveEvent]:
        """Make durable what was decided since the last time, and what time has brought; returns the alarm events.

        Any error of the book: what was decided is kept for the next call.
        """
        if not (self._inputs or self._beds or self._runs or self._ticked):
            return []
        ward = self._store_pauses()
        inputs = self._settled() if self._inputs or self._ticked else []
        events: list[AlarmEvent] = []
        if inputs or self._beds or self._runs:
            events = self._book.apply(
                inputs,
                step,
                beds=tuple(self._beds.values()),
                conditions=[run for run in self._runs.values() if run is not None],
                ended=[key for key, run in self._runs.items() if run is None],
            )
        self._inputs, self._beds, self._runs, self._ticked = [], {}, {}, False
        return [*ward, AlarmsChanged(events=tuple(events))] if events else ward

    def _settled(self) -> list[AlarmInput]:
        """What was decided, as the alarms in the book take it, and what is owed to them by now."""
        since_at = min([self._now, *(given.at for given in self._inputs)]) - MERGE_MS
        around = Surroundings(pauses=self._pausing.latest(), holding=self._holding)
        in_hand = InHand(self._book.in_hand(since_at), around)
        in_hand.settle(self._inputs)
        in_hand.upkeep(self._now, self._heard_until)
        return in_hand.inputs

    def _store_pauses(self) -> list[LiveEvent]:
        ended = self._pausing.to_store()
        for pause in ended:
            if self._pauses is not None and pause.ended_at is not None and pause.ended_as is not None:
                self._pauses.end(pause.pause_id, pause.ended_at, pause.ended_as)
        self._pausing.stored()
        return [WardChanged(center_ids=frozenset(pause.center_id for pause in ended))] if ended else []

    def _holding(self, alarm: Alarm) -> Holding:
        """Does what the alarm is about still hold? The run is found by whom it happens to: belts are exchanged.

        What the storekeeper watches is not known here, and waits for it to say.
        """
        if alarm.rule is Rule.READINGS_BEHIND:
            return Holding.ENDING
        runs = (run for run in self._running.values() if run.rule is alarm.rule and run.alarm_began_at is not None)
        mine = [run for run in runs if (self._center_of(run) if alarm.of_center else run.subject) == _about(alarm)]
        if not mine:
            return Holding.GONE
        return Holding.YES if any(run.raised and run.broken_at is None for run in mine) else Holding.ENDING

    def _center_of(self, run: ConditionState) -> str:
        """A silent centre stands under its own id, a silent group under those of its belts."""
        place = self._places.get(run.belt_id)
        return run.belt_id if place is None else place.center.center_id

    def _spell(self, resident_id: str) -> tuple[int, int]:
        """The resident's latest spell in bed."""
        for n, place in enumerate(self._places.values()):
            if place.resident is not None and place.resident.resident_id == resident_id:
                return self._conditions.beds.spell(n)
        return LONG_AGO, LONG_AGO

    def next_due_at(self) -> int:
        """When (our clock, ms) the next timer runs out; `domain.units.NEVER` when none is running."""
        return self._conditions.next_due_at()

    def _show(self, slots: Iterable[int]) -> tuple[BedNow, ...]:
        shown = tuple(self._conditions.beds.now(n) for n in slots)
        self._latest.update((bed.belt_id, bed) for bed in shown)
        return shown

    def _decide(self, told: Sequence[Transition]) -> None:
        for transition in told:
            place = self._places.get(transition.belt_id)
            if transition.spec.rule in _OF_CENTERS:
                self._inputs.append(_input(transition, _Where(center_id=transition.belt_id)))
            elif place is not None and place.resident is not None:
                self._inputs.append(_input(transition, _where(place, transition.belt_id, place.resident.resident_id)))
        self._take_changes()

    def _take_changes(self) -> None:
        beds, kept, ended = self._conditions.take_changes()
        self._beds.update((bed.belt_id, bed) for bed in beds)
        self._runs.update((key, None) for key in ended)
        self._runs.update(((run.belt_id, str(run.rule)), run) for run in kept)
        for key in ended:
            self._running.pop(key, None)
        self._running.update(((run.belt_id, str(run.rule)), run) for run in kept)


def _about(alarm: Alarm) -> str:
    return alarm.center_id if alarm.of_center else alarm.resident_id


def _made(usual: Mapping[str, UsualLevels]) -> dict[str, int]:
    return {resident_id: levels.computed_at for resident_id, levels in usual.items()}


def _slot(place: Place, paused_until: int, usual: UsualLevels | None) -> Slot:
    if place.belt_id is None or place.resident is None:
        return Slot(belt_id=place.belt_id or "")
    return slot_of(
        place.belt_id,
        place.resident,
        place.center,
        bed_id=f"{place.bed_id}/{place.side}",
        from_at=place.stay_from or 0,
        paused_until=paused_until,
        usual=usual,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Where:
    """What an alarm is about: a resident's bed, or (nothing but the centre) all of it."""

    center_id: str
    resident_id: str = ""
    bed_id: str = ""
    belt_id: str = ""


def _where(place: Place, belt_id: str, resident_id: str) -> _Where:
    return _Where(center_id=place.center.center_id, resident_id=resident_id, bed_id=place.bed_id, belt_id=belt_id)


def _input(transition: Transition, where: _Where) -> AlarmInput:
    alarm_id = f"{where.resident_id or where.center_id}.{transition.spec.rule}.{transition.began_at}"
    match transition.kind:
        case Kind.DUE:
            return Raise(alarm_id=alarm_id, at=transition.at, alarm=_alarm(alarm_id, transition, where))
        case Kind.PASSED:
            return Record(alarm_id=alarm_id, at=transition.at, alarm=_alarm(alarm_id, transition, where))
        case Kind.CLEARED:
            return Clear(alarm_id=alarm_id, at=transition.at, cleared_at=transition.ended_at - transition.offset_ms)


def _alarm(alarm_id: str, transition: Transition, where: _Where) -> Alarm:
    """Instants are put on our clock: a belt whose clock is wrong must not say when somebody left."""
    passed = transition.kind is Kind.PASSED
    return Alarm(
        alarm_id=alarm_id,
        rule=transition.spec.rule,
        category=transition.spec.category,
        priority=transition.spec.priority,
        center_id=where.center_id,
        resident_id=where.resident_id,
        bed_id=where.bed_id,
        belt_id=where.belt_id,
        state=AlarmState.ACTIVE,
        began_at=transition.began_at - transition.offset_ms,
        due_at=transition.due_at - transition.offset_ms,
        raised_at=transition.at,
        reason=reason_of(transition),
        cleared_at=transition.ended_at - transition.offset_ms if passed else None,
        latches=transition.latches,
    )
