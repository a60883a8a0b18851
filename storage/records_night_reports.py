"""Reports of nights, and the days that wait for a new one, in the records database.

Epochs are kept as runs ([state, depth, length], and the maker's stage where one is told), so that a night is some
hundred bytes. Fails loudly: what was not stored is made again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection, Row, and_, delete, or_, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from domain.reports import Depth, Epochs, KeptReport, LateDay, MakerStage, NightReport, SleepState
from storage.records import Records, put
from storage.tables import late_readings, night_reports

_Epoch = tuple[SleepState, Depth | None, MakerStage | None]


class RecordsNightReports:
    """`domain.ports.NightReports` over `records`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def put(self, reports: Sequence[KeptReport]) -> None:
        if not reports:
            return
        with self._records.write_in_turn() as connection:
            for kept in reports:
                if not _is_outdone(connection, kept):
                    put(connection, night_reports, [_row(kept)])

    def get(self, resident_id: str, night: date) -> KeptReport | None:
        one = and_(night_reports.c.resident_id == resident_id, night_reports.c.night == night)
        with self._records.read() as connection:
            row = connection.execute(select(night_reports).where(one)).one_or_none()
        return None if row is None else _kept(row, _epochs(row.epochs))

    def between(self, resident_id: str, first: date, last: date) -> list[KeptReport]:
        columns = (night_reports.c.report, night_reports.c.computed_at, night_reports.c.version)
        query = (
            select(*columns)
            .where(night_reports.c.resident_id == resident_id, night_reports.c.night.between(first, last))
            .order_by(night_reports.c.night)
        )
        with self._records.read() as connection:
            return [_kept(row, None) for row in connection.execute(query)]

    def versions(self, first: date, last: date) -> Mapping[tuple[str, date], int]:
        columns = (night_reports.c.resident_id, night_reports.c.night, night_reports.c.version)
        with self._records.read() as connection:
            rows = connection.execute(select(*columns).where(night_reports.c.night.between(first, last)))
            return {(row.resident_id, row.night): row.version for row in rows}


class RecordsLateReadings:
    """`domain.ports.LateReadings` over `records`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def note(self, days: Iterable[tuple[str, int]]) -> None:
        rows = [{"belt_id": belt_id, "day": day, "times": 1} for belt_id, day in sorted(set(days))]
        if not rows:
            return
        with self._records.write() as connection:
            insert = postgres_insert if connection.dialect.name == "postgresql" else sqlite_insert
            again = {"times": late_readings.c.times + 1}
            keys = ["belt_id", "day"]
            connection.execute(insert(late_readings).on_conflict_do_update(index_elements=keys, set_=again), rows)

    def waiting(self) -> list[LateDay]:
        with self._records.read() as connection:
            rows = connection.execute(select(late_readings)).mappings()
            return sorted((LateDay(**row) for row in rows), key=lambda late: (late.belt_id, late.day))

    def done(self, days: Sequence[LateDay]) -> None:
        with self._records.write() as connection:
            for late in days:
                row = and_(late_readings.c.belt_id == late.belt_id, late_readings.c.day == late.day)
                connection.execute(delete(late_readings).where(row, late_readings.c.times == late.times))


def _is_outdone(connection: Connection, kept: KeptReport) -> bool:
    """Is there one by a newer version, or by the same one later?"""
    table, report = night_reports.c, kept.report
    newer = or_(
        table.version > kept.version,
        and_(table.version == kept.version, table.computed_at > kept.computed_at),
    )
    query = select(table.version).where(table.resident_id == report.resident_id, table.night == report.night, newer)
    return connection.execute(query).first() is not None


def _row(kept: KeptReport) -> dict[str, Any]:
    report = kept.report
    bare = replace(report, epochs=replace(report.epochs, states=(), depth=(), maker=()))
    plain = msgspec.to_builtins(bare, enc_hook=_plain_number)
    same = ("method", "valid", "coverage", "time_in_bed_min", "sleep_min", "waso_min", "sleep_efficiency", "turn_overs")
    return {
        "resident_id": report.resident_id,
        "night": report.night,
        "version": kept.version,
        "computed_at": kept.computed_at,
        **{name: plain[name] for name in same},
        "exits": plain["exits"]["count"],
        "heart_rate": plain["heart_rate"]["mean"],
        "breathing_rate": plain["breathing_rate"]["mean"],
        "score": plain["score"],
        "report": plain,
        "epochs": _runs(report.epochs),
    }


def _plain_number(value: Any) -> Any:
    """NumPy's numbers pass for Python's nearly everywhere, so a report may hold some."""
    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError(f"{type(value).__name__} in a report")


def _kept(row: Row[*tuple[Any, ...]], epochs: list[_Epoch] | None) -> KeptReport:
    report = msgspec.convert(row.report, NightReport)
    if epochs:
        states, depth, maker = zip(*epochs, strict=True)
        told = replace(
            report.epochs, states=states, depth=depth if any(depth) else (), maker=maker if any(maker) else ()
        )
        report = replace(report, epochs=told)
    return KeptReport(report=report, computed_at=row.computed_at, version=row.version)


def _runs(epochs: Epochs) -> list[list[Any]]:
    nothing = (None,) * len(epochs.states)
    told = zip(epochs.states, epochs.depth or nothing, epochs.maker or nothing, strict=True)
    return [
        [state, depth, len(list(run)), *([] if maker is None else [maker])]
        for (state, depth, maker), run in groupby(told)
    ]


def _epochs(runs: list[list[Any]]) -> list[_Epoch]:
    return [
        (SleepState(state), None if depth is None else Depth(depth), MakerStage(maker[0]) if maker else None)
        for state, depth, length, *maker in runs
        for _ in range(length)
    ]
