"""Calls on their way, in the records database. Fails loudly: what could not be noted is sent and noted again."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, or_, select, update

from domain.calls import Call
from domain.deliveries import PUT_OFF_MOST_MS, Delivery, DeliveryState, queued
from storage.records import Records, put_new
from storage.tables import deliveries


class RecordsOutbox:
    """`domain.ports.Outbox` over `records`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def queue(self, calls: Sequence[Call]) -> None:
        if not calls:
            return
        with self._records.write() as connection:
            put_new(connection, deliveries, [_row(queued(call)) for call in calls])

    def due(self, now: int, *, limit: int = 500, letters: bool = False) -> list[Delivery]:
        table = deliveries.c
        kind = table.night.is_not(None) if letters else table.night.is_(None)
        by_now = or_(table.next_at <= now, table.next_at > now + PUT_OFF_MOST_MS)
        waiting = select(deliveries).where(table.state == DeliveryState.QUEUED, by_now, kind)
        return self._read(waiting.order_by(table.next_at, table.due_at).limit(limit))

    def put(self, deliveries_now: Sequence[Delivery]) -> None:
        if not deliveries_now:
            return
        with self._records.write() as connection:
            for delivery in deliveries_now:
                changed = update(deliveries).where(deliveries.c.key == delivery.call.key)
                connection.execute(changed.values(_row(delivery)))

    def of_alarm(self, alarm_id: str) -> list[Delivery]:
        found = self._read(select(deliveries).where(deliveries.c.alarm_id == alarm_id))
        return sorted(found, key=lambda delivery: delivery.call.key)

    def letters_of(self, resident_id: str, night: date) -> list[Delivery]:
        mine = (deliveries.c.night == night, deliveries.c.resident_id == resident_id)
        return sorted(self._read(select(deliveries).where(*mine)), key=lambda delivery: delivery.call.key)

    def _read(self, query: Select[Any]) -> list[Delivery]:
        with self._records.read() as connection:
            return [_delivery(row) for row in connection.execute(query)]


def _row(delivery: Delivery) -> dict[str, Any]:
    row = {each.name: getattr(delivery, each.name) for each in fields(delivery) if each.name != "call"}
    return row | {each.name: getattr(delivery.call, each.name) for each in fields(delivery.call)}


def _delivery(row: Row[Any]) -> Delivery:
    call = Call(**{each.name: getattr(row, each.name) for each in fields(Call)})
    rest = {each.name: getattr(row, each.name) for each in fields(Delivery) if each.name != "call"}
    return Delivery(call=call, **rest)
