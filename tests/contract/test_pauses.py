"""The contract of `domain.ports.CarePauses`."""

from dataclasses import replace

from domain.pauses import CarePause, PauseEnd, PauseReason
from domain.ports import CarePauses
from domain.units import MINUTE_MS

T0 = 1_795_350_000_000
PAUSE = CarePause(
    pause_id=f"r1.{T0}",
    center_id="c1",
    resident_id="r1",
    reason=PauseReason.TOILET,
    began_at=T0,
    began_by="ann",
    ends_at=T0 + 30 * MINUTE_MS,
)
LATER = replace(PAUSE, pause_id="r2.1", resident_id="r2", began_at=T0 + 1, ends_at=T0 + 60 * MINUTE_MS)


def test_what_was_begun_is_kept_once(pauses: CarePauses) -> None:
    assert pauses.since(T0) == []
    pauses.begin(LATER)
    pauses.begin(PAUSE)
    pauses.begin(replace(PAUSE, began_by="bob"))
    assert pauses.since(T0) == [PAUSE, LATER]
    assert pauses.since(PAUSE.ends_at) == [LATER]


def test_it_ends_once(pauses: CarePauses) -> None:
    pauses.begin(PAUSE)
    pauses.end(PAUSE.pause_id, T0 + 5, PauseEnd.PERSON, "bob")
    pauses.end(PAUSE.pause_id, T0 + 9, PauseEnd.RETURNED)
    pauses.end("unknown", T0 + 9, PauseEnd.TIME)
    assert pauses.since(T0) == [replace(PAUSE, ended_at=T0 + 5, ended_by="bob", ended_as=PauseEnd.PERSON)]
    assert pauses.since(T0 + 5) == []


def test_what_ended_by_itself_was_ended_by_nobody(pauses: CarePauses) -> None:
    pauses.begin(PAUSE)
    pauses.end(PAUSE.pause_id, PAUSE.ends_at, PauseEnd.TIME)
    (ended,) = pauses.since(T0)
    assert (ended.ended_by, ended.ended_as, ended.until) == (None, PauseEnd.TIME, PAUSE.ends_at)
    assert ended.stands(PAUSE.ends_at - 1)
    assert not ended.stands(PAUSE.ends_at)
