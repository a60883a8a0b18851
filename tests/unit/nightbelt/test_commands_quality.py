"""`nightbelt quality` over real records."""

import json
from datetime import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alerts.lifecycle import step
from domain.alarms import Acknowledge, Alarm, AlarmState, Category, Outcome, Priority, Raise, Reason, Resolve, Rule
from domain.errors import ConfigurationError, NotFoundError
from domain.ports import BedEntry
from domain.residents import Center, Resident
from domain.roster import Shift
from domain.rounds import Round, Seen
from domain.units import MINUTE_MS
from nightbelt.cli import app
from nightbelt.settings import ENV_PREFIX, Settings
from storage.records import Records
from storage.records_alarm_book import RecordsAlarmBook
from storage.records_register import RecordsRegister
from storage.records_rosters import RecordsRosters
from storage.records_rounds import RecordsRounds

T0 = 1_768_240_800_000
"""02:00 on 13 January 2026 in Shanghai."""
BETWEEN = ("--from", "2026-01-12", "--to", "2026-01-13")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{ENV_PREFIX}{name.upper()}", raising=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One bed; 12 alarms in one night, 8 of them false; a round walked at 02:00 and none in the night after."""
    records = Records.open(tmp_path / "records.sqlite")
    resident = Resident(resident_id="r1", name="One")
    bed = BedEntry(room_id="1", room="1", bed_id="1-1", bed="1", belt_id="b1", resident=resident)
    RecordsRegister(records).enroll(Center(center_id="c", name="Elm", round_times=(time(2),)), [bed], 0)
    night = Shift(shift_id="night", name="[Night]", start=time(22), end=time(6, 30))
    RecordsRosters(records).plan("c", [night], [])
    look = Seen(resident_id="r1", bed_id="1-1", at=T0)
    walked = Round(round_id="p1.1", center_id="c", person_id="p1", started_at=T0, expected=("r1",), seen=(look,))
    RecordsRounds(records).begin(walked)
    book = RecordsAlarmBook(records)
    for n in range(12):
        alarm, outcome = _alarm(T0 + n * MINUTE_MS), Outcome.FALSE_ALARM if n < 8 else Outcome.HELPED
        at, who = alarm.raised_at + 30_000, "p1"
        told = Raise(alarm_id=alarm.alarm_id, at=alarm.raised_at, alarm=alarm)
        taken = Acknowledge(alarm_id=alarm.alarm_id, at=at, person_id=who)
        book.apply(
            [told, taken, Resolve(alarm_id=alarm.alarm_id, at=at + 9, person_id=who, outcome=outcome)],
            step,
        )
    records.close()
    return tmp_path


def _alarm(began_at: int) -> Alarm:
    return Alarm(
        alarm_id=f"r1.{began_at}",
        rule=Rule.SIGNAL_POOR,
        category=Category.TECHNICAL,
        priority=Priority.LOW,
        center_id="c",
        resident_id="r1",
        bed_id="1-1",
        belt_id="b1",
        state=AlarmState.ACTIVE,
        began_at=began_at,
        due_at=began_at,
        raised_at=began_at,
        reason=Reason(code="signal-poor"),
    )


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["quality", "--data", str(data), *arguments], env={"COLUMNS": "160"})


def test_the_figures_as_json(data: Path) -> None:
    result = run(data, *BETWEEN, "--json")
    assert result.exit_code == 0, result.exception
    told = json.loads(result.stdout)
    assert (told["center"], told["bed_nights"], told["nuisance"]["value"]) == ("c", 2, 4.0)
    assert told["rules"][0]["figures"]["right"]["count"] == 4
    assert [(one["shift"], one["figures"]["alarms"]) for one in told["shifts"]] == [("night", 12)]
    assert told["rounds"]["done"]["of"] == 2
    assert [(one["kind"], one["rule"]) for one in told["findings"]] == [("false-alarms", "signal-poor")]


def test_the_table_and_what_to_look_at(data: Path) -> None:
    result = run(data, *BETWEEN, "--center", "c")
    assert result.exit_code == 0, result.exception
    assert "nuisance alarms per bed-night: 4.00 (8 in 2 bed-nights)" in result.stdout
    assert "Poor signal: 8 of 12 were false alarms (66%)." in result.stdout
    assert "1-1 (8)" in result.stdout
    assert "4/12" in result.stdout
    assert "[Night] 22:00–06:30" in result.stdout
    assert "planned rounds done: 1 of 2 (0 in part, 1 missing)" in result.stdout


def test_nights_without_alarms(data: Path) -> None:
    result = run(data, "--days", "1", "--to", "2026-01-14")
    assert result.exit_code == 0, result.exception
    assert "alarms per bed-night: 0.00 (0 in 1 bed-nights)" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--center", "other"), ConfigurationError),
        (("--from", "soon"), ConfigurationError),
        (("--to", "2999-01-01"), NotFoundError),
        (("--from", "2026-01-12", "--to", "2026-01-11"), NotFoundError),
    ],
)
def test_what_cannot_be_told_is_refused(data: Path, arguments: tuple[str, ...], error: type[Exception]) -> None:
    assert isinstance(run(data, *arguments).exception, error)


def test_no_records_are_made_by_asking(tmp_path: Path) -> None:
    result = run(tmp_path / "nothing")
    assert isinstance(result.exception, ConfigurationError)
    assert not (tmp_path / "nothing").exists()
