"""A compiled profile: one message to readings and statuses, with what the belts said before.

Fails toward keeping: whatever is in doubt costs the value, or the record, it is in; the message goes to quarantine
whole beside the readings that could be had. What a record does not tell is unknown, never "out of bed".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from domain.belts import BeltStatus
from domain.errors import UndecodableError
from domain.nights import zone
from domain.readings import FLOAT_COLUMNS, Occupancy
from domain.units import SECOND_MS
from ingest.decoding import RATES
from ingest.inbox import Delivery
from ingest.profiles.compiling import compiled, sources
from ingest.profiles.identity import SIDES, belt_reader, checked, kind_reader, side_reader
from ingest.profiles.instants import instant_reader
from ingest.profiles.memory import BeltMemory, Belts, counter, filled, heard, settled, stamp
from ingest.profiles.model import ProfileFile
from ingest.profiles.paths import MISSING, Placed, Scope, lookup
from ingest.profiles.payloads import PayloadReader, payload_reader
from ingest.profiles.rows import Row, Rows
from ingest.profiles.topics import checked_filter
from ingest.profiles.values import ABSENT, Cell, Reader, Why, first_of, number_source, shown, text_source, word_source

ALL: Final = "*"
"""In `unused`: every name that the profile does not use."""
NAN: Final = float("nan")

_NUMBERS: Final = ("heart_rate", "breathing_rate", "movement", "signal_quality", "turn_overs")
_FLAGS: Final = ("online", "charging")
_LEVELS: Final = frozenset({"heart_rate", "breathing_rate", "movement", "signal_quality", "in_bed", "stage"})
_RATES: Final = frozenset(RATES)


class Captured(NamedTuple):
    """What a topic told: which of the profile's topics it is, and the levels captured as `{belt}` and `{field}`."""

    topic: int
    belt: str | None = None
    field: str | None = None


class Shown(NamedTuple):
    """One record as it was understood, for `nightbelt profile check`."""

    place: str
    belts: Sequence[str]
    at: int
    cells: dict[str, Cell]


@dataclass(slots=True, kw_only=True)
class Understood:
    """One message on its way and what it came to. `told`: it held a reading or a status.

    A message that the broker kept for newcomers (`kept`) tells statuses only; its readings are counted in `retained`.
    """

    received_at: int
    belt: str | None
    rows: Rows
    show: Callable[[Shown], None] | None = None
    root: Any = None
    problems: list[UndecodableError] = field(default_factory=list)
    statuses: list[BeltStatus] = field(default_factory=list)
    told: bool = False
    kept: bool = False
    retained: int = 0


class ProfileReader:
    """Reads the messages of one profile. One thread; remembers each belt (`memory`)."""

    def __init__(self, profile: ProfileFile) -> None:
        """`WrongKeyError` names the key of a profile that cannot be meant."""
        self._payloads: list[PayloadReader] = []
        for n, topic in enumerate(profile.topics):
            compiled(("topics", n, "filter"), checked_filter, topic.filter)
            self._payloads.append(compiled(("topics", n), payload_reader, topic))
        compiled(("belt",), _named_somewhere, profile)
        self._values = compiled(("values",), lookup, profile.values) if profile.values else None
        self._kind = compiled(("kind",), kind_reader, profile.kind)
        self._belt = compiled(("belt",), belt_reader, profile.belt)
        self._side = compiled(("belt", "side"), side_reader, profile.belt)
        self._instant = compiled(("time",), instant_reader, profile.time)
        self._fields = _readers("fields", profile.fields)
        self._status = _readers("status", profile.status)
        turn_overs = sources(profile.fields.turn_overs)
        self._count = compiled(("fields", "turn_overs"), lambda: counter(turn_overs, zone(profile.time.zone)))
        self._unused, self._merge = frozenset(profile.unused), profile.merge
        self._max_age_ms, self._settle_ms = profile.max_age_s * SECOND_MS, profile.settle_s * SECOND_MS
        self._remembers = (
            profile.merge
            or bool(sources(profile.fields.stage))
            or any(source.keep for name in _LEVELS for source in sources(getattr(profile.fields, name)))
        )
        self._belts = Belts()

    def read(
        self,
        message: Delivery,
        captured: Captured,
        rows: Rows,
        show: Callable[[Shown], None] | None = None,
    ) -> Understood:
        """The message, with what its topic told of it; its readings go to `rows`."""
        work = Understood(
            received_at=message.received_at, belt=captured.belt, rows=rows, show=show, kept=message.retained
        )
        try:
            work.root, records = self._payloads[captured.topic](message.payload, captured.field)
        except UndecodableError as problem:
            work.problems.append(problem)
            return work
        for placed in records:
            try:
                self._record(placed, work)
            except UndecodableError as problem:
                work.problems.append(_placed(problem, placed.place))
        return work

    def _record(self, placed: Placed, work: Understood) -> None:
        scope = self._scope(placed, work.root)
        if not self._kind(scope):
            return
        cells = {name: reader(scope) for name, reader in self._fields}
        said = {name: reader(scope) for name, reader in self._status}
        there = [cell for cell in (*cells.values(), *said.values()) if cell.why is not Why.ABSENT]
        if not there:
            self._nothing_known(scope)
            return
        work.problems += [_placed(cell.problem, placed.place) for cell in there if cell.problem is not None]
        belts = self._whose(scope, work.belt if placed.belt is None else placed.belt)
        self._tell(said, belts, work)
        at = self._instant(scope, work.received_at)
        reading = any(cell.why is not Why.ABSENT for name, cell in cells.items() if name != "stage")
        work.retained += reading and work.kept
        if reading and not work.kept:
            at, cells = self._reading(belts, cells, at, work)
        elif "stage" in cells and not work.kept:
            self._stage_alone(belts, cells["stage"], at, work)
        if work.show is not None:
            work.show(Shown(placed.place, belts, work.received_at if at is None else at, {**cells, **said}))

    def _whose(self, scope: Scope, captured: str | None) -> list[str]:
        """The belt the record speaks of; both halves' where it should name one and does not."""
        belt_id = self._belt(scope, captured)
        if self._side is None:
            return [belt_id]
        side = self._side(scope)
        return [checked(f"{belt_id}-{half}") for half in (SIDES if side is None else (side,))]

    def _reading(
        self, belts: Sequence[str], cells: dict[str, Cell], given: int | None, work: Understood
    ) -> tuple[int, dict[str, Cell]]:
        """The record's reading to the rows; returns its instant and the cells as they were taken."""
        if len(belts) > 1:
            raise UndecodableError("missing-side", "a reading of a belt with two sides names none")
        belt_id = belts[0]
        memory = self._belts.of(belt_id)
        at = stamp(memory, work.received_at) if given is None else given
        heard(memory, at, work.received_at)
        cells = self._remembered(memory, cells, at)
        row = Row(_value(cells, "in_bed"), _value(cells, "stage"), _levels(cells))
        work.rows.add(belt_id, at, work.received_at, row, merge=self._merge)
        work.told = True
        return at, cells

    def _stage_alone(self, belts: Sequence[str], cell: Cell, given: int | None, work: Understood) -> None:
        """A stage without a reading goes with the readings that follow, and with one of the same instant.

        Without a side it is nobody's. It is no reading, so it makes nothing known of who is in bed.
        """
        if cell.why is Why.ABSENT or len(belts) > 1:
            return
        belt_id = belts[0]
        memory = self._belts.of(belt_id)
        at = work.received_at if given is None else given
        told = filled(memory, "stage", cell, at, self._max_age_ms, merge=self._merge)
        if told.value is not None:
            work.rows.tell_stage(belt_id, at, told.value)
            work.told = True

    def _scope(self, placed: Placed, root: Any) -> Scope:
        record = placed.record
        if type(record) is not dict and not (type(record) is list and placed.place.endswith("]")):
            raise UndecodableError("wrong-type", f"{shown(record)} is no record")
        values = record if self._values is None else self._values(Scope(record, record, root))
        return Scope(record if values is MISSING else values, record, root)

    def _nothing_known(self, scope: Scope) -> None:
        """Nothing that the profile reads: fine where it knows all the names, else a problem."""
        names = scope.values.keys() if type(scope.values) is dict else ()
        if ALL in self._unused or (names and names <= self._unused):
            return
        raise UndecodableError("no-known-field", "nothing that the profile reads or names as unused")

    def _remembered(self, memory: BeltMemory, cells: dict[str, Cell], at: int) -> dict[str, Cell]:
        """The cells with what was known before, turn-overs counted, and rates only of one who lies there."""
        whole = dict(cells)
        if self._remembers:
            for name in _LEVELS & cells.keys():
                merge = self._merge or name == "stage"
                whole[name] = filled(memory, name, cells[name], at, self._max_age_ms, merge=merge)
            if whole.get("in_bed", ABSENT).value == Occupancy.OUT:
                _forget_stage(memory, whole, at)
        if "turn_overs" in cells:
            whole["turn_overs"] = self._count(memory, cells["turn_overs"], at)
        if self._settle_ms and not settled(memory, _value(whole, "in_bed"), at, self._settle_ms):
            for name in _RATES & whole.keys():
                if whole[name].value is not None:
                    whole[name] = whole[name]._replace(value=None, why=Why.SETTLING)
        return whole

    def _tell(self, said: dict[str, Cell], belts: Sequence[str], work: Understood) -> None:
        told = {name: cell.value for name, cell in said.items() if cell.value is not None}
        if not told:
            return
        work.told = True
        work.statuses += [BeltStatus(belt_id=belt_id, at=work.received_at, **told) for belt_id in belts]


def _forget_stage(memory: BeltMemory, cells: dict[str, Cell], at: int) -> None:
    """Nobody sleeps in an empty bed, and whoever gets in next begins anew."""
    known = memory.values.get("stage")
    if known is not None and known[1] <= at:
        del memory.values["stage"]
    if _value(cells, "stage") is not None:
        cells["stage"] = cells["stage"]._replace(value=None, why=Why.NOT_NOW)


def _named_somewhere(profile: ProfileFile) -> None:
    """Every topic must lead to a belt, or nothing under it could ever be read."""
    for topic in profile.topics:
        if not profile.belt.path and "{belt}" not in topic.filter and "{belt}" not in topic.records:
            raise ValueError(f"path: needed, for the filter {topic.filter!r} captures no {{belt}}")


def _levels(cells: dict[str, Cell]) -> list[float]:
    values = [_value(cells, name) for name in FLOAT_COLUMNS]
    return [NAN if value is None else value for value in values]


def _value(cells: dict[str, Cell], name: str) -> Any:
    return cells[name].value if name in cells else None


def _placed(problem: UndecodableError, place: str) -> UndecodableError:
    return UndecodableError(problem.reason, f"{place}: {problem.detail}")


def _readers(table: str, given: Any) -> list[tuple[str, Reader]]:
    """A reader for each field of the table that has a source, in order."""
    names = [name for name in given.__struct_fields__ if sources(getattr(given, name))]
    return [(name, _reader(table, name, getattr(given, name))) for name in names]


def _reader(table: str, name: str, given: Any) -> Reader:
    if name in _NUMBERS or name == "battery":
        make: Callable[[Any, str], Reader] = number_source
    else:
        make = text_source if name == "firmware" else word_source
    found = sources(given)
    readers = []
    for n, source in enumerate(found):
        key = (table, name, n) if isinstance(given, list) else (table, name)
        readers.append(compiled(key, make, source, name))
    return first_of(readers)
