"""One night through the command line: recordings that are imported, enrolled beds, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from domain.errors import ConfigurationError, NotFoundError
from domain.ports import BedEntry
from domain.readings import Occupancy, ReadingBatch, SleepStage
from domain.reports import LateDay
from domain.residents import Center, Resident
from domain.units import DAY_MS, HOUR_MS, MINUTE_MS
from nightbelt.cli import app
from nightbelt.settings import ENV_PREFIX, Settings
from storage.duckdb_readings import DuckDBReadings
from storage.records import Records
from storage.records_night_reports import RecordsLateReadings
from storage.records_register import RecordsRegister

START_AT = 1_768_212_000_000
"""18:00 on 12 January 2026 in Shanghai."""


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{ENV_PREFIX}{name.upper()}", raising=False)


def run(data: Path, *arguments: object) -> Result:
    return CliRunner().invoke(app, ["report", "--data", str(data), *map(str, arguments)])


def report(data: Path, *arguments: object) -> dict[str, Any]:
    result = run(data, *arguments, "--json")
    assert result.exit_code == 0, result.exception
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def write(data: Path, belt_id: str, start_at: int, occupied: str, *, stage: SleepStage = SleepStage.UNKNOWN) -> None:
    """One letter a minute: i in bed, o out of it, space nothing; two readings a minute, with that stage."""
    told = [(n, letter) for n, letter in enumerate(occupied) if letter != " "]
    at = np.concatenate([[start_at + n * MINUTE_MS, start_at + n * MINUTE_MS + 30_000] for n, _ in told])
    inside = np.repeat([letter == "i" for _, letter in told], 2)
    batch = ReadingBatch.build(
        belts=(belt_id,),
        belt=np.zeros(len(at)),
        observed_at=at,
        received_at=at,
        in_bed=np.where(inside, Occupancy.IN, Occupancy.OUT),
        heart_rate=np.where(inside, 60.0, np.nan),
        movement=np.where(inside, 1.0, np.nan),
        sleep_stage=stage,
    )
    data.mkdir(exist_ok=True)
    store = DuckDBReadings(data / "readings.duckdb")
    store.write(batch)
    store.close()


def enroll(data: Path, *, timezone: str = "Asia/Shanghai") -> None:
    data.mkdir(exist_ok=True)
    records = Records.open(data / "records.sqlite")
    bed = BedEntry(
        room_id="1", room="1", bed_id="1", bed="1", belt_id="b1", resident=Resident(resident_id="r1", name="One")
    )
    RecordsRegister(records).enroll(Center(center_id="c", name="C", timezone=timezone), [bed], 0)
    records.close()


def test_a_night_of_a_resident(tmp_path: Path) -> None:
    enroll(tmp_path)
    write(tmp_path, "b1", START_AT, "o" * 180 + "i" * 240 + "o" * 10 + "i" * 290 + "o" * 240)
    told = report(tmp_path, "--resident", "r1", "--night", "2026-01-12")
    assert (told["resident_id"], told["belts"], told["night"]) == ("r1", ["b1"], "2026-01-12")
    assert (told["start"], told["end"]) == ("2026-01-12T18:00:00+08:00", "2026-01-13T10:00:00+08:00")
    assert {name: told["exits"][name] for name in ("count", "total_min", "longest_min")} == {
        "count": 1,
        "total_min": 10.0,
        "longest_min": 10.0,
    }
    assert told["exits"]["spans"] == [{"left": "2026-01-13T01:00:00+08:00", "back": "2026-01-13T01:10:00+08:00"}]
    assert told["heart_rate"] == {"mean": 60.0, "min": 60.0, "max": 60.0}
    assert (told["coverage"], told["valid"], told["turn_overs"]) == (1.0, True, None)
    epochs = told["epochs"]
    assert epochs["start"] == told["start"]
    assert len(epochs["states"]) * epochs["length_s"] == 16 * 3600
    assert set(epochs["states"]) <= {"out", "awake", "asleep", "unknown"}
    assert told["time_in_bed_min"] == pytest.approx(540, abs=1)


@pytest.mark.parametrize(("centers", "by_maker"), [("", False), ("d,e", False), ("d, c", True), ("*", True)])
def test_the_makers_stages_beside_ours_or_in_place_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, centers: str, *, by_maker: bool
) -> None:
    monkeypatch.setenv(f"{ENV_PREFIX}USE_MAKER_STAGES", centers)
    enroll(tmp_path)
    write(tmp_path, "b1", START_AT, "o" * 180 + "i" * 540 + "o" * 240, stage=SleepStage.DEEP)
    asked = ("--resident", "r1", "--night", "2026-01-12")
    told = report(tmp_path, *asked)
    assert (told["maker_stages"]["deep"], told["maker_stages"]["share"]) == (1.0, 1.0)
    assert (told["method"].startswith("maker-stage/"), "maker-stage" in told["marks"]) == (by_maker, by_maker)
    words = " ".join(run(tmp_path, *asked).stdout.split())
    assert "By the belt's maker" in words
    assert ("Sleep and waking are as the belt's maker tells them." in words) == by_maker
    page = run(tmp_path, *asked, "--html").stdout
    assert "By the belt&#39;s maker" in page
    assert "Sleep as the belt's maker estimates it" in page


def test_of_a_belt_that_is_nowhere_the_makers_word_is_taken_where_it_is_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "b1", START_AT, "i" * 540, stage=SleepStage.DEEP)
    for centers, by_maker in (("c", False), ("*", True)):
        monkeypatch.setenv(f"{ENV_PREFIX}USE_MAKER_STAGES", centers)
        told = report(tmp_path, "--belt", "b1", "--night", "2026-01-12")
        assert ("maker-stage" in told["marks"]) == by_maker


def test_the_same_for_people(tmp_path: Path) -> None:
    enroll(tmp_path)
    write(tmp_path, "b1", START_AT, "o" * 180 + "i" * 240 + "o" * 10 + "i" * 290 + "o" * 240)
    english = run(tmp_path, "--resident", "r1", "--night", "2026-01-12").stdout
    assert "10 min in all, longest 10 min" in english
    assert "离床" in run(tmp_path, "--belt", "b1", "--night", "2026-01-12", "--language", "zh").stdout


def test_a_recording_has_its_own_hours(tmp_path: Path) -> None:
    write(tmp_path, "lab7", START_AT + 4 * HOUR_MS, "o" * 5 + "i" * 400 + "o" * 5)
    told = report(tmp_path, "--belt", "lab7", "--night", "2026-01-12")
    assert told["resident_id"] is None
    assert (told["start"], told["end"]) == ("2026-01-12T22:00:00+08:00", "2026-01-13T04:50:00+08:00")
    assert (told["coverage"], told["valid"]) == (1.0, True)
    there = report(tmp_path, "--belt", "lab7", "--night", "2026-01-12", "--timezone", "Europe/Berlin")
    assert there["start"] == "2026-01-12T15:00:00+01:00"


def test_a_recording_by_day_is_a_night_from_noon_to_noon(tmp_path: Path) -> None:
    write(tmp_path, "lab7", START_AT - 5 * HOUR_MS, "i" * 420)
    told = report(tmp_path, "--belt", "lab7", "--night", "2026-01-12")
    assert (told["start"], told["end"]) == ("2026-01-12T13:00:00+08:00", "2026-01-12T20:00:00+08:00")


def test_a_belt_that_reports_all_day_has_the_hours_of_a_night(tmp_path: Path) -> None:
    write(tmp_path, "lab7", START_AT - 6 * HOUR_MS, "o" * 540 + "i" * 480 + "o" * 420)
    told = report(tmp_path, "--belt", "lab7", "--night", "2026-01-12")
    assert (told["start"], told["end"]) == ("2026-01-12T18:00:00+08:00", "2026-01-13T10:00:00+08:00")


def test_other_hours(tmp_path: Path) -> None:
    enroll(tmp_path)
    write(tmp_path, "b1", START_AT, "i" * 960)
    hours = ("--from", "2026-01-12T22:00:00", "--to", "2026-01-12T21:00:00Z")
    told = report(tmp_path, "--belt", "b1", "--night", "2026-01-12", *hours)
    assert (told["start"], told["end"]) == ("2026-01-12T22:00:00+08:00", "2026-01-13T05:00:00+08:00")
    assert told["time_in_bed_min"] == pytest.approx(420, abs=1)


def test_the_zone_is_the_centres(tmp_path: Path) -> None:
    enroll(tmp_path, timezone="Europe/Berlin")
    write(tmp_path, "b1", START_AT + 7 * HOUR_MS, "i" * 960)
    assert report(tmp_path, "--belt", "b1", "--night", "2026-01-12")["start"] == "2026-01-12T18:00:00+01:00"


def test_to_a_file(tmp_path: Path) -> None:
    write(tmp_path, "b1", START_AT, "i" * 600)
    target = tmp_path / "night.json"
    assert run(tmp_path, "--belt", "b1", "--night", "2026-01-12", "--json", "--out", target).stdout == ""
    assert json.loads(target.read_text())["belts"] == ["b1"]


def test_a_page_and_a_picture(tmp_path: Path) -> None:
    write(tmp_path, "b1", START_AT, "o" * 180 + "i" * 420)
    page, picture = tmp_path / "night.html", tmp_path / "night.png"
    asked = ("--belt", "b1", "--night", "2026-01-12", "--language", "zh")
    assert run(tmp_path, *asked, "--html", "--out", page).exit_code == 0
    html = page.read_text(encoding="utf-8")
    assert "<svg" in html
    assert "睡着" in html
    assert "<script" not in html
    assert run(tmp_path, *asked, "--png", "--out", picture).exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert str(run(tmp_path, *asked, "--png").exception) == "--png: name the file with --out"
    assert str(run(tmp_path, *asked, "--png", "--json").exception) == "name one of --json, --html and --png"


def test_a_night_without_readings_names_the_nights_that_have_some(tmp_path: Path) -> None:
    write(tmp_path, "b1", START_AT, "i" * 60)
    write(tmp_path, "b1", START_AT + 24 * HOUR_MS, "i" * 60)
    error = run(tmp_path, "--belt", "b1", "--night", "2026-01-20").exception
    assert isinstance(error, NotFoundError)
    assert str(error) == (
        "belt b1 has no readings in the night of 2026-01-20; nights with readings: 2026-01-12, 2026-01-13"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("--belt", "nix", "--night", "2026-01-12"),
            "belt nix is not known: it is enrolled nowhere and has no readings",
        ),
        (("--resident", "nix", "--night", "2026-01-12"), "no resident 'nix'"),
        (("--belt", "b1", "--night", "yesterday"), "--night 'yesterday': not a date such as 2026-01-12"),
        (("--belt", "b1", "--night", "9999-12-31"), "--night 9999-12-31: there is no such night"),
        (("--night", "2026-01-12"), "name one of --resident and --belt"),
        (("--belt", "b1", "--resident", "r1", "--night", "2026-01-12"), "name one of --resident and --belt"),
        (("--belt", "b1", "--night", "2026-01-12", "--timezone", "Mars"), "time zone 'Mars': not an IANA zone name"),
        (("--belt", "b1", "--night", "2026-01-12", "--from", "9 pm"), "--from '9 pm': not an instant"),
        (("--belt", "b1", "--night", "2026-01-12", "--language", "fr"), "--language 'fr': en or zh"),
    ],
)
def test_what_cannot_be_told_is_said(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    enroll(tmp_path)
    error = run(tmp_path, *arguments).exception
    assert isinstance(error, (ConfigurationError, NotFoundError))
    assert words in str(error)


def test_nobody_is_known_where_no_records_are(tmp_path: Path) -> None:
    write(tmp_path, "b1", START_AT, "i" * 60)
    error = run(tmp_path, "--resident", "r1", "--night", "2026-01-12").exception
    assert "no resident 'r1'" in str(error)
    assert not (tmp_path / "records.sqlite").exists()


def test_an_import_notes_nights_for_a_new_report(tmp_path: Path) -> None:
    file = tmp_path / "night.csv"
    file.write_text("observed_at,in_bed\n2026-01-12T13:00:00Z,in\n2026-01-12T13:00:10Z,in\n")
    enroll(tmp_path)
    asked = ["import", str(file), "--belt", "b1", "--data", str(tmp_path)]
    assert CliRunner().invoke(app, asked).exit_code == 0
    records = Records.open(tmp_path / "records.sqlite")
    late = RecordsLateReadings(records).waiting()
    records.close()
    assert late == [LateDay(belt_id="b1", day=START_AT // DAY_MS, times=1)]
