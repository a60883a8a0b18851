"""The hand-over sheet as JSON."""

from datetime import date

from pydantic import BaseModel

from api.handover import Handover, HandoverRow
from api.rounds_body import RoundsBody
from domain.alarms import Outcome, Rule


class HandoverRowBody(BaseModel):
    """One resident's night; figures are null when the belt told nothing. `unusual` is in the reader's language."""

    resident: str
    room: str
    bed: str
    exits: int | None
    exits_total_min: float | None
    longest_exit_min: float | None
    sleep_min: float | None
    coverage: float | None
    alarms: int
    unusual: list[str]

    @classmethod
    def of(cls, row: HandoverRow) -> "HandoverRowBody":
        told = row.report
        return cls(
            resident=row.resident_id,
            room=row.place.room,
            bed=row.place.bed,
            exits=told.exits.count if told else None,
            exits_total_min=told.exits.total_min if told else None,
            longest_exit_min=told.exits.longest_min if told else None,
            sleep_min=told.sleep_min if told else None,
            coverage=told.coverage if told else None,
            alarms=row.alarms,
            unusual=list(row.unusual),
        )


class HandoverAlarmBody(BaseModel):
    alarm_id: str
    rule: Rule
    resident: str
    raised_at: int
    acknowledged_at: int | None
    outcome: Outcome | None
    note: str


class BeltCareBody(BaseModel):
    belt: str
    room: str
    bed: str
    why: list[str]


class AnswersBody(BaseModel):
    """Of the calls of the night; lengths in ms, null without any."""

    called: int
    answered: int
    open: int
    without_outcome: int
    median_ms: float | None
    longest_ms: float | None


class HandoverBody(BaseModel):
    """One night of one centre; [`start_at`, `end_at`) in ms."""

    center: str
    night: date
    start_at: int
    end_at: int
    running: bool
    answers: AnswersBody
    residents: list[HandoverRowBody]
    alarms: list[HandoverAlarmBody]
    belts: list[BeltCareBody]
    rounds: RoundsBody

    @classmethod
    def of(cls, sheet: Handover) -> "HandoverBody":
        return cls(
            center=sheet.ward.center_id,
            night=sheet.night.day,
            start_at=sheet.night.start_at,
            end_at=sheet.night.end_at,
            running=sheet.night.running,
            answers=AnswersBody.model_validate(sheet.answers, from_attributes=True),
            residents=[HandoverRowBody.of(row) for row in sheet.rows],
            alarms=[
                HandoverAlarmBody(
                    alarm_id=view.alarm.alarm_id,
                    rule=view.alarm.rule,
                    resident=view.alarm.resident_id,
                    raised_at=view.alarm.raised_at,
                    acknowledged_at=view.alarm.acknowledged_at,
                    outcome=view.alarm.outcome,
                    note=view.alarm.note,
                )
                for view in sheet.alarms
            ],
            belts=[
                BeltCareBody(belt=care.belt_id, room=care.place.room, bed=care.place.bed, why=list(care.why))
                for care in sheet.belts
            ],
            rounds=RoundsBody.of(sheet.rounds),
        )
