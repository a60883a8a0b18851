"""Centres, beds, belts, residents and who lies where, in the records database.

Stays and mountings are half-open intervals; `enroll` makes them say what it is told from an instant on and leaves what
was before. Fails loudly and whole: a roster that contradicts itself changes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, delete, insert, or_, select, tuple_, update

from domain.errors import ConfigurationError, NotFoundError
from domain.ports import BedEntry
from domain.residents import (
    BeltSpan,
    Center,
    LeaveBedSettings,
    Place,
    Resident,
    Side,
    VitalSettings,
    WatchedSpan,
)
from storage.records import Records, put, put_new
from storage.tables import beds, belts, centers, mountings, residents, rooms, stays

Spot = tuple[str, Side]


class RecordsRegister:
    """`domain.ports.Register` over `records`.

    A bed belongs to one centre: ConfigurationError when another centre names it, or when one roster names a bed both
    whole and by side. A bed that is enrolled by side is no longer there as a whole from then on, and the reverse.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    def enroll(self, center: Center, beds: Sequence[BedEntry], at: int) -> None:
        _check(beds)
        spots = {(entry.bed_id, entry.side): entry for entry in beds}
        lying = {spot: entry.resident.resident_id if entry.resident else None for spot, entry in spots.items()}
        with self._records.write_in_turn() as connection:
            _put_names(connection, center, beds)
            nobody = dict.fromkeys(_place_beds(connection, center, beds, at))
            _move(connection, stays, "resident_id", nobody | lying, at)
            _move(connection, mountings, "belt_id", nobody | {s: e.belt_id for s, e in spots.items()}, at)

    def places(self, at: int) -> list[Place]:
        query = (
            select(
                beds.c.bed_id,
                beds.c.side,
                beds.c.center_id,
                beds.c.room_id,
                beds.c.name.label("bed"),
                rooms.c.name.label("room"),
                centers.c.name.label("center"),
                centers.c.timezone,
                centers.c.morning,
                centers.c.round_times,
                mountings.c.belt_id,
                stays.c.start_at.label("stay_from"),
                residents.c.resident_id,
                residents.c.name.label("resident"),
                residents.c.leave_bed,
                residents.c.vitals,
            )
            .join_from(beds, rooms, and_(rooms.c.center_id == beds.c.center_id, rooms.c.room_id == beds.c.room_id))
            .join(centers, centers.c.center_id == beds.c.center_id)
            .outerjoin(mountings, and_(_on_spot(mountings, beds), _covers(mountings, at)))
            .outerjoin(stays, and_(_on_spot(stays, beds), _covers(stays, at)))
            .outerjoin(residents, residents.c.resident_id == stays.c.resident_id)
            .where(beds.c.added_at <= at, or_(beds.c.retired_at.is_(None), beds.c.retired_at > at))
        )
        with self._records.read() as connection:
            found = [_place(row) for row in connection.execute(query)]
        return sorted(found, key=lambda place: (place.center.center_id, place.room_id, place.bed_id, place.side))

    def resident(self, resident_id: str) -> Resident:
        with self._records.read() as connection:
            row = connection.execute(select(residents).where(residents.c.resident_id == resident_id)).one_or_none()
        if row is None:
            raise NotFoundError("resident", resident_id)
        return _resident(row.resident_id, row.name, row.leave_bed, row.vitals)

    def belt_spans(self, resident_id: str, start_at: int, end_at: int) -> list[BeltSpan]:
        query = (
            select(
                mountings.c.belt_id,
                mountings.c.start_at,
                mountings.c.end_at,
                stays.c.start_at.label("stay_from"),
                stays.c.end_at.label("stay_to"),
            )
            .join_from(stays, mountings, _on_spot(mountings, stays))
            .where(stays.c.resident_id == resident_id)
        )
        with self._records.read() as connection:
            found = [_span(row, start_at, end_at) for row in connection.execute(query)]
        inside = [span for span in found if span.start_at < span.end_at]
        return sorted(inside, key=lambda span: (span.start_at, span.belt_id))

    def set_leave_bed(self, resident_id: str, settings: LeaveBedSettings) -> None:
        self._set(resident_id, leave_bed=msgspec.to_builtins(settings))

    def set_vitals(self, resident_id: str, settings: VitalSettings) -> None:
        self._set(resident_id, vitals=msgspec.to_builtins(settings))

    def watched_spans(self, center_id: str, start_at: int, end_at: int) -> list[WatchedSpan]:
        query = (
            select(
                stays.c.resident_id,
                stays.c.bed_id,
                mountings.c.belt_id,
                mountings.c.start_at,
                mountings.c.end_at,
                stays.c.start_at.label("stay_from"),
                stays.c.end_at.label("stay_to"),
            )
            .join_from(stays, mountings, _on_spot(mountings, stays))
            .join(beds, _on_spot(beds, stays))
            .where(beds.c.center_id == center_id, _meets(stays, start_at, end_at))
        )
        with self._records.read() as connection:
            found = [_watched(row, _span(row, start_at, end_at)) for row in connection.execute(query)]
        inside = [span for span in found if span.start_at < span.end_at]
        return sorted(inside, key=lambda span: (span.start_at, span.bed_id, span.belt_id))

    def _set(self, resident_id: str, **values: Any) -> None:
        whose = residents.c.resident_id == resident_id
        with self._records.write() as connection:
            done = connection.execute(update(residents).where(whose).values(**values))
            if done.rowcount == 0:
                raise NotFoundError("resident", resident_id)


def _check(entries: Sequence[BedEntry]) -> None:
    _check_once("belt", (entry.belt_id for entry in entries))
    _check_once("resident", (entry.resident.resident_id for entry in entries if entry.resident))
    _check_once("bed", (f"{entry.bed_id} {entry.side}" for entry in entries))
    whole = {entry.bed_id for entry in entries if entry.side is Side.WHOLE}
    for entry in entries:
        if entry.bed_id in whole and entry.side is not Side.WHOLE:
            raise ConfigurationError(f"bed {entry.bed_id!r} is named whole and by side")


def _check_once(kind: str, names: Iterable[str | None]) -> None:
    for name, times in Counter(name for name in names if name is not None).items():
        if times > 1:
            raise ConfigurationError(f"{kind} {name!r} is named {times} times")


def _put_names(connection: Connection, center: Center, entries: Sequence[BedEntry]) -> None:
    center_id = center.center_id
    put(connection, centers, [_center_row(center)])
    names = {entry.room_id: entry.room for entry in entries}
    put(connection, rooms, [{"center_id": center_id, "room_id": key, "name": name} for key, name in names.items()])
    put_new(connection, belts, [{"belt_id": entry.belt_id} for entry in entries if entry.belt_id])
    known = [entry.resident for entry in entries if entry.resident]
    put(connection, residents, [_resident_row(resident) for resident in known])


def _place_beds(connection: Connection, center: Center, entries: Sequence[BedEntry], at: int) -> list[Spot]:
    """Store the beds of the roster; returns the spots that are no more because a bed is now shared, or no longer."""
    named = {(entry.bed_id, entry.side): entry for entry in entries}
    latest = {entry.bed_id: entry for entry in entries}
    known = {(row.bed_id, row.side): row for row in connection.execute(_of_beds(latest))}
    for row in known.values():
        if row.center_id != center.center_id:
            raise ConfigurationError(f"bed {row.bed_id!r} is in center {row.center_id!r}")
    rows = [
        _bed_row(center, entry, spot) | {"added_at": min(at, known[spot].added_at) if spot in known else at}
        for spot, entry in named.items()
    ]
    gone = []
    for spot in known.keys() - named.keys():
        entry, row = latest[spot[0]], known[spot]
        kept = {"added_at": row.added_at, "retired_at": row.retired_at}
        if (row.side is Side.WHOLE) != (entry.side is Side.WHOLE):
            gone.append(spot)
            kept["retired_at"] = at if row.retired_at is None else min(at, row.retired_at)
        rows.append(_bed_row(center, entry, spot) | kept)
    put(connection, beds, rows)
    return gone


def _of_beds(bed_ids: Iterable[str]) -> Select[Any]:
    return select(beds).where(beds.c.bed_id.in_(sorted(bed_ids)))


def _bed_row(center: Center, entry: BedEntry, spot: Spot) -> dict[str, Any]:
    bed_id, side = spot
    place = {"center_id": center.center_id, "room_id": entry.room_id, "name": entry.bed}
    return {"bed_id": bed_id, "side": side, "retired_at": None, **place}


def _move(connection: Connection, table: Table, who: str, wanted: Mapping[Spot, str | None], at: int) -> None:
    """Make the intervals of `table` say `wanted` (spot: who, None for nobody) from `at` on."""
    standing: set[Spot] = set()
    for row in _touched(connection, table, who, wanted, at):
        this, spot = table.c.span_id == row.span_id, (row.bed_id, row.side)
        if row.start_at <= at and wanted.get(spot) == getattr(row, who):
            standing.add(spot)
            if row.end_at is not None:
                connection.execute(update(table).where(this).values(end_at=None))
        elif row.start_at < at:
            connection.execute(update(table).where(this).values(end_at=at))
        else:
            connection.execute(delete(table).where(this))
    new = [
        {who: name, "bed_id": bed_id, "side": side, "start_at": at}
        for (bed_id, side), name in wanted.items()
        if name is not None and (bed_id, side) not in standing
    ]
    if new:
        connection.execute(insert(table), new)


def _touched(
    connection: Connection, table: Table, who: str, wanted: Mapping[Spot, str | None], at: int
) -> Sequence[Row[Any]]:
    """The intervals that reach past `at` of the spots and of those who are to be on them, latest first.

    Latest first, so that one that is to last again never lasts beside the one after it.
    """
    names = [name for name in wanted.values() if name is not None]
    on_spot = tuple_(table.c.bed_id, table.c.side).in_(list(wanted))
    reaches = or_(table.c.end_at.is_(None), table.c.end_at > at)
    query = select(table).where(reaches, or_(on_spot, table.c[who].in_(names))).order_by(table.c.start_at.desc())
    return connection.execute(query).all()


def _on_spot(table: Table, other: Table) -> ColumnElement[bool]:
    return and_(table.c.bed_id == other.c.bed_id, table.c.side == other.c.side)


def _covers(table: Table, at: int) -> ColumnElement[bool]:
    return and_(table.c.start_at <= at, or_(table.c.end_at.is_(None), table.c.end_at > at))


def _meets(table: Table, start_at: int, end_at: int) -> ColumnElement[bool]:
    return and_(table.c.start_at < end_at, or_(table.c.end_at.is_(None), table.c.end_at > start_at))


def _center_row(center: Center) -> dict[str, Any]:
    return {
        "center_id": center.center_id,
        "name": center.name,
        "timezone": center.timezone,
        "morning": f"{center.morning:%H:%M}",
        "round_times": msgspec.to_builtins(center.round_times),
    }


def _center(row: Row[*tuple[Any, ...]]) -> Center:
    """A centre as stored; an older version stored no times of rounds."""
    return Center(
        center_id=row.center_id,
        name=row.center,
        timezone=row.timezone,
        morning=time.fromisoformat(row.morning),
        round_times=msgspec.convert(row.round_times or [], tuple[time, ...]),
    )


def _resident_row(resident: Resident) -> dict[str, Any]:
    return {
        "resident_id": resident.resident_id,
        "name": resident.name,
        "leave_bed": msgspec.to_builtins(resident.leave_bed),
        "vitals": msgspec.to_builtins(resident.vitals),
    }


def _resident(resident_id: str, name: str, leave_bed: Any, vitals: Any) -> Resident:
    """A resident as stored; what an older version did not store has its default."""
    return Resident(
        resident_id=resident_id,
        name=name,
        leave_bed=msgspec.convert(leave_bed, LeaveBedSettings),
        vitals=msgspec.convert(vitals or {}, VitalSettings),
    )


def _place(row: Row[*tuple[Any, ...]]) -> Place:
    resident = None
    if row.resident_id is not None:
        resident = _resident(row.resident_id, row.resident, row.leave_bed, row.vitals)
    return Place(
        center=_center(row),
        room_id=row.room_id,
        room=row.room,
        bed_id=row.bed_id,
        bed=row.bed,
        side=row.side,
        belt_id=row.belt_id,
        resident=resident,
        stay_from=row.stay_from,
    )


def _span(row: Row[*tuple[Any, ...]], start_at: int, end_at: int) -> BeltSpan:
    ends = [end for end in (end_at, row.end_at, row.stay_to) if end is not None]
    return BeltSpan(belt_id=row.belt_id, start_at=max(start_at, row.start_at, row.stay_from), end_at=min(ends))


def _watched(row: Row[*tuple[Any, ...]], span: BeltSpan) -> WatchedSpan:
    return WatchedSpan(
        resident_id=row.resident_id,
        bed_id=row.bed_id,
        belt_id=span.belt_id,
        start_at=span.start_at,
        end_at=span.end_at,
    )
