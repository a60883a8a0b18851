"""A register in memory, for tests."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

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

Spot = tuple[str, Side]


@dataclass
class _Bed:
    center_id: str
    entry: BedEntry
    added_at: int
    retired_at: int | None = None


@dataclass
class _Span:
    """`who` (a resident or a belt) on `spot` during [`start_at`, `end_at`)."""

    who: str
    spot: Spot
    start_at: int
    end_at: int | None = None

    def covers(self, at: int) -> bool:
        return self.start_at <= at and (self.end_at is None or at < self.end_at)


class InMemoryRegister:
    """`domain.ports.Register` in dictionaries."""

    def __init__(self) -> None:
        self._centers: dict[str, Center] = {}
        self._beds: dict[Spot, _Bed] = {}
        self._residents: dict[str, Resident] = {}
        self._stays: list[_Span] = []
        self._mountings: list[_Span] = []
        self._lock = threading.RLock()

    def enroll(self, center: Center, beds: Sequence[BedEntry], at: int) -> None:
        with self._lock:
            self._check(center, beds)
            self._centers[center.center_id] = center
            self._place_beds(center, beds, at)
            self._residents.update({entry.resident.resident_id: entry.resident for entry in beds if entry.resident})
            spots = {_spot(entry): entry for entry in beds}
            gone = {spot for spot, bed in self._beds.items() if bed.retired_at == at}
            nobody: dict[Spot, str | None] = dict.fromkeys(gone)
            residents = {s: e.resident.resident_id if e.resident else None for s, e in spots.items()}
            self._stays = _moved(self._stays, nobody | residents, at)
            self._mountings = _moved(self._mountings, nobody | {s: e.belt_id for s, e in spots.items()}, at)

    def _check(self, center: Center, beds: Sequence[BedEntry]) -> None:
        _check_once("belt", (entry.belt_id for entry in beds))
        _check_once("resident", (entry.resident.resident_id for entry in beds if entry.resident))
        _check_once("bed", (f"{entry.bed_id} {entry.side}" for entry in beds))
        whole = {entry.bed_id for entry in beds if entry.side is Side.WHOLE}
        for entry in beds:
            if entry.bed_id in whole and entry.side is not Side.WHOLE:
                raise ConfigurationError(f"bed {entry.bed_id!r} is named whole and by side")
        owners = {spot[0]: bed.center_id for spot, bed in self._beds.items()}
        for entry in beds:
            if owners.get(entry.bed_id, center.center_id) != center.center_id:
                raise ConfigurationError(f"bed {entry.bed_id!r} is in center {owners[entry.bed_id]!r}")

    def _place_beds(self, center: Center, beds: Sequence[BedEntry], at: int) -> None:
        for entry in beds:
            known = self._beds.get(_spot(entry))
            added_at = at if known is None else min(known.added_at, at)
            self._beds[_spot(entry)] = _Bed(center.center_id, entry, added_at)
        whole = {entry.bed_id: entry.side is Side.WHOLE for entry in beds}
        for (bed_id, side), bed in self._beds.items():
            if bed_id in whole and (side is Side.WHOLE) != whole[bed_id] and not _before(bed.retired_at, at):
                bed.retired_at = at
        rooms = {entry.room_id: entry.room for entry in beds}
        names = {entry.bed_id: (entry.room_id, entry.bed) for entry in beds}
        for (bed_id, _), bed in self._beds.items():
            room_id, name = names.get(bed_id, (bed.entry.room_id, bed.entry.bed))
            room = rooms.get(room_id, bed.entry.room) if bed.center_id == center.center_id else bed.entry.room
            bed.entry = replace(bed.entry, room_id=room_id, room=room, bed=name)

    def places(self, at: int) -> list[Place]:
        with self._lock:
            stays = {stay.spot: stay for stay in self._stays if stay.covers(at)}
            belts = {mounting.spot: mounting.who for mounting in self._mountings if mounting.covers(at)}
            found = [
                self._place(bed, stays.get(spot), belts.get(spot))
                for spot, bed in self._beds.items()
                if bed.added_at <= at and not _before(bed.retired_at, at + 1)
            ]
        return sorted(found, key=lambda place: (place.center.center_id, place.room_id, place.bed_id, place.side))

    def _place(self, bed: _Bed, stay: _Span | None, belt_id: str | None) -> Place:
        return Place(
            center=self._centers[bed.center_id],
            room_id=bed.entry.room_id,
            room=bed.entry.room,
            bed_id=bed.entry.bed_id,
            bed=bed.entry.bed,
            side=bed.entry.side,
            belt_id=belt_id,
            resident=self._residents[stay.who] if stay else None,
            stay_from=stay.start_at if stay else None,
        )

    def resident(self, resident_id: str) -> Resident:
        with self._lock:
            if resident_id not in self._residents:
                raise NotFoundError("resident", resident_id)
            return self._residents[resident_id]

    def belt_spans(self, resident_id: str, start_at: int, end_at: int) -> list[BeltSpan]:
        with self._lock:
            stays = [stay for stay in self._stays if stay.who == resident_id]
            found = [span for stay in stays for span in self._spans_of(stay, start_at, end_at)]
        return sorted(found, key=lambda span: (span.start_at, span.belt_id))

    def set_leave_bed(self, resident_id: str, settings: LeaveBedSettings) -> None:
        with self._lock:
            self._residents[resident_id] = replace(self.resident(resident_id), leave_bed=settings)

    def set_vitals(self, resident_id: str, settings: VitalSettings) -> None:
        with self._lock:
            self._residents[resident_id] = replace(self.resident(resident_id), vitals=settings)

    def watched_spans(self, center_id: str, start_at: int, end_at: int) -> list[WatchedSpan]:
        with self._lock:
            found = [
                WatchedSpan(
                    resident_id=stay.who,
                    bed_id=stay.spot[0],
                    belt_id=span.belt_id,
                    start_at=span.start_at,
                    end_at=span.end_at,
                )
                for stay in self._stays
                for span in self._spans_of(stay, start_at, end_at)
                if self._beds[stay.spot].center_id == center_id
            ]
        return sorted(found, key=lambda span: (span.start_at, span.bed_id, span.belt_id))

    def _spans_of(self, stay: _Span, start_at: int, end_at: int) -> list[BeltSpan]:
        found = []
        for mounting in self._mountings:
            if stay.spot == mounting.spot:
                ends = [end for end in (end_at, stay.end_at, mounting.end_at) if end is not None]
                start = max(start_at, stay.start_at, mounting.start_at)
                if start < min(ends):
                    found.append(BeltSpan(belt_id=mounting.who, start_at=start, end_at=min(ends)))
        return found


def _spot(entry: BedEntry) -> Spot:
    return entry.bed_id, entry.side


def _before(instant: int | None, at: int) -> bool:
    return instant is not None and instant < at


def _check_once(kind: str, names: Iterable[str | None]) -> None:
    for name, times in Counter(name for name in names if name is not None).items():
        if times > 1:
            raise ConfigurationError(f"{kind} {name!r} is named {times} times")


def _moved(spans: Sequence[_Span], wanted: Mapping[Spot, str | None], at: int) -> list[_Span]:
    """`spans` made to say `wanted` from `at` on."""
    people = {who for who in wanted.values() if who is not None}
    kept: list[_Span] = []
    standing: set[Spot] = set()
    for span in spans:
        touched = span.spot in wanted or span.who in people
        if not touched or _before(span.end_at, at + 1):
            kept.append(span)
        elif span.start_at <= at and wanted.get(span.spot) == span.who:
            kept.append(replace(span, end_at=None))
            standing.add(span.spot)
        elif span.start_at < at:
            kept.append(replace(span, end_at=at))
    kept += [_Span(who, spot, at) for spot, who in wanted.items() if who is not None and spot not in standing]
    return kept
