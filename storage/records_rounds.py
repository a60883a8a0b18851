"""Rounds in the records database. Fails loudly: a tap that was not stored is told to who tapped."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, select

from domain.errors import NotFoundError
from domain.rounds import IDLE_MS, Round, Seen
from storage.records import Records, put, put_new
from storage.tables import round_looks, rounds


class RecordsRounds:
    """`domain.ports.Rounds` over `records`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def begin(self, begun: Round) -> Round:
        mine = (rounds.c.person_id == begun.person_id, rounds.c.finished_at.is_(None))
        with self._records.write_in_turn() as connection:
            for known in _read(connection, *mine, _may_last(begun.started_at)):
                if known.lasts(begun.started_at):
                    return known
            put_new(connection, rounds, [_row(begun)])
            _put_looks(connection, begun)
        return begun

    def change(self, round_id: str, step: Callable[[Round], Round]) -> Round:
        with self._records.write_in_turn() as connection:
            known = _one(connection, round_id)
            changed = step(known)
            if changed != known:
                put(connection, rounds, [_row(changed)])
                connection.execute(delete(round_looks).where(round_looks.c.round_id == round_id))
                _put_looks(connection, changed)
        return changed

    def round(self, round_id: str) -> Round:
        with self._records.read() as connection:
            return _one(connection, round_id)

    def between(self, center_id: str, start_at: int, end_at: int) -> list[Round]:
        begun = (rounds.c.started_at >= start_at, rounds.c.started_at < end_at)
        with self._records.read() as connection:
            return _read(connection, rounds.c.center_id == center_id, *begun)

    def of_resident(self, resident_id: str, start_at: int, end_at: int) -> list[Round]:
        looks = round_looks.c
        mine = (looks.resident_id == resident_id, looks.at >= start_at, looks.at < end_at)
        found = rounds.c.round_id.in_(select(looks.round_id).where(*mine))
        with self._records.read() as connection:
            return _read(connection, found, looks=mine)


def _may_last(at: int) -> ColumnElement[bool]:
    """Without a look in the last `IDLE_MS` no round lasts, whenever it began."""
    lately = select(round_looks.c.round_id).where(round_looks.c.at > at - IDLE_MS)
    return (rounds.c.started_at > at - IDLE_MS) | rounds.c.round_id.in_(lately)


def _one(connection: Connection, round_id: str) -> Round:
    found = _read(connection, rounds.c.round_id == round_id)
    if not found:
        raise NotFoundError("round", round_id)
    return found[0]


def _read(
    connection: Connection, *which: ColumnElement[bool], looks: Sequence[ColumnElement[bool]] = ()
) -> list[Round]:
    """The rounds `which`, oldest first, each with its `looks`."""
    wanted = select(rounds.c.round_id).where(*which)
    asked = select(round_looks).where(round_looks.c.round_id.in_(wanted), *looks)
    seen: dict[str, list[Seen]] = defaultdict(list)
    for row in connection.execute(asked.order_by(round_looks.c.at, round_looks.c.bed_id, round_looks.c.resident_id)):
        look = Seen(resident_id=row.resident_id, bed_id=row.bed_id, at=row.at, note=row.note)
        seen[row.round_id].append(look)
    rows = connection.execute(select(rounds).where(*which).order_by(rounds.c.started_at, rounds.c.round_id))
    return [_round(row, seen[row.round_id]) for row in rows]


def _round(row: Row[Any], seen: Sequence[Seen]) -> Round:
    return Round(
        round_id=row.round_id,
        center_id=row.center_id,
        person_id=row.person_id,
        started_at=row.started_at,
        expected=tuple(row.expected),
        seen=tuple(seen),
        finished_at=row.finished_at,
    )


def _row(walked: Round) -> dict[str, Any]:
    return {
        "round_id": walked.round_id,
        "center_id": walked.center_id,
        "person_id": walked.person_id,
        "started_at": walked.started_at,
        "expected": list(walked.expected),
        "finished_at": walked.finished_at,
    }


def _put_looks(connection: Connection, walked: Round) -> None:
    rows = [
        {
            "round_id": walked.round_id,
            "resident_id": each.resident_id,
            "bed_id": each.bed_id,
            "at": each.at,
            "note": each.note,
        }
        for each in walked.seen
    ]
    put(connection, round_looks, rows)
