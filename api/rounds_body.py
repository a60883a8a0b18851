"""Rounds as JSON. Instants are milliseconds since 1970 (UTC)."""

from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from api.bodies import Body, Note
from api.rounds import RoundsOfNight, RoundView
from domain.rounds import PlannedRound, Seen, Walked

Id = Annotated[str, Field(min_length=1, max_length=64)]


class SeeBody(Body):
    """Who was seen: everybody in a room, or one resident; one of the two."""

    room: Id | None = None
    resident: Id | None = None

    @model_validator(mode="after")
    def one_of_two(self) -> "SeeBody":
        if (self.room is None) == (self.resident is None):
            raise ValueError("room or resident")
        return self


class RoundNoteBody(Body):
    resident: Id
    note: Note


class TakeBackBody(Body):
    resident: Id


class SeenBody(Body):
    resident: str
    bed: str
    at: int
    note: str

    @classmethod
    def of(cls, seen: Seen) -> "SeenBody":
        return cls(resident=seen.resident_id, bed=seen.bed_id, at=seen.at, note=seen.note)


class RoundBody(Body):
    """A round; `missed`: residents who were to be seen when it began and were not. What ended by itself ended, as far
    as is known, with its last look, and has no `finished_at`.
    """

    round_id: str
    person: str
    started_at: int
    finished_at: int | None
    ended_at: int
    lasts: bool
    seen: list[SeenBody]
    missed: list[str]

    @classmethod
    def of(cls, view: RoundView) -> "RoundBody":
        walked = view.walked
        return cls(
            round_id=walked.round_id,
            person=view.by,
            started_at=walked.started_at,
            finished_at=walked.finished_at,
            ended_at=walked.ended_at,
            lasts=view.lasts,
            seen=[SeenBody.of(each) for each in walked.seen],
            missed=list(walked.missed),
        )


class PlannedRoundBody(Body):
    """What became of a planned round; `rounds` are the ids of those that count as it."""

    at: int
    state: Walked
    rounds: list[str]
    expected: int
    missed: list[str]

    @classmethod
    def of(cls, planned: PlannedRound) -> "PlannedRoundBody":
        return cls(
            at=planned.at,
            state=planned.state,
            rounds=[each.round_id for each in planned.rounds],
            expected=planned.expected,
            missed=list(planned.missed),
        )


class RoundsBody(Body):
    """The rounds of one night, noon to noon."""

    night: date
    planned: list[PlannedRoundBody]
    rounds: list[RoundBody]

    @classmethod
    def of(cls, told: RoundsOfNight) -> "RoundsBody":
        return cls(
            night=told.day,
            planned=[PlannedRoundBody.of(each) for each in told.planned],
            rounds=[RoundBody.of(view) for view in told.rounds],
        )
