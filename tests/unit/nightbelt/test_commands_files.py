"""Import, export and replay through the command line: what is printed, what is stored, what is refused."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from domain.errors import ConfigurationError
from domain.readings import ReadingBatch, SleepStage
from domain.units import DAY_MS, NEVER
from nightbelt.cli import app
from nightbelt.holding import DataDirectory
from nightbelt.settings import ENV_PREFIX, Settings
from storage.duckdb_readings import DuckDBReadings

T0 = 1_768_222_800_000  # 2026-01-12T13:00:00Z
NIGHT = """observed_at,heart_rate,breathing_rate,movement,in_bed,turn_overs,signal_quality,sleep_stage
2026-01-12T13:00:00.000Z,62.5,14.5,3.0,true,0.0,90.0,light
2026-01-12T13:00:10.000Z,,,,false,,,
2026-01-12T13:00:20.000Z,61.0,,,,1.0,,awake
"""


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{ENV_PREFIX}{name.upper()}", raising=False)


@pytest.fixture
def night(tmp_path: Path) -> Path:
    path = tmp_path / "night.csv"
    path.write_text(NIGHT)
    return path


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], terminal_width=160)
    if isinstance(result.exception, Exception):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def refusal(*arguments: object) -> str:
    with pytest.raises(ConfigurationError) as told:
        run(*arguments)
    assert "\n" not in str(told.value)
    return str(told.value)


def imported(tmp_path: Path, *arguments: object) -> dict[str, object]:
    counts: dict[str, object] = json.loads(run("import", *arguments, "--json", "--data", tmp_path / "data").stdout)
    return counts


def stored(tmp_path: Path, belt_id: str = "b1") -> ReadingBatch:
    store = DuckDBReadings(tmp_path / "data" / "readings.duckdb")
    try:
        return store.read(belt_id, 0, NEVER)
    finally:
        store.close()


def test_an_import_repeated_brings_nothing_new(tmp_path: Path, night: Path) -> None:
    counts = imported(tmp_path, night, "--belt", "b1")
    assert counts == {
        "rows": 3,
        "accepted": 3,
        "repeats": 0,
        "written": 3,
        "new": 3,
        "refused": 0,
        "reasons": {},
        "belts": ["b1"],
    }
    assert imported(tmp_path, night, "--belt", "b1") == {**counts, "new": 0}
    assert stored(tmp_path).observed_at.tolist() == [T0, T0 + 10_000, T0 + 20_000]


def test_a_file_without_stages_is_read_as_before(tmp_path: Path) -> None:
    file = tmp_path / "night.csv"
    file.write_text("\n".join(line.rpartition(",")[0] for line in NIGHT.splitlines()))
    assert imported(tmp_path, file, "--belt", "b1")["new"] == 3
    found = stored(tmp_path)
    assert found.sleep_stage.tolist() == [SleepStage.UNKNOWN] * 3
    assert found.signal_quality[0] == 90


def test_an_import_tells_what_became_of_the_rows(tmp_path: Path) -> None:
    file = tmp_path / "night.csv"
    file.write_text(NIGHT + "2026-01-12T13:00:00Z,70,,,,,,\nsoon,,,,,,,\n2026-01-12T13:00:30Z,400,,,maybe,,,\n")
    result = run("import", file, "--belt", "b1", "--data", tmp_path / "data", "--show", 2)
    words = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert words[:6] == [
        "6 rows in night.csv",
        "5 accepted, of 1 belt",
        "1 of them of the same belt and instant as an earlier row, and left out",
        "4 new in the store",
        "0 there already",
        "1 refused",
    ]
    assert words[-3:] == [
        "row 6: observed_at 'soon': neither ISO 8601 nor a number",
        "row 7: heart_rate '400': not in 20 to 250",
        "and 1 more; see them with --show, or --refused FILE of import",
    ]
    assert "│ unreadable-observed_at │ 1 │ row refused │" in words
    assert "│ heart_rate-out-of-range │ 1 │ value left out │" in words


def test_all_problems_go_to_a_file(tmp_path: Path) -> None:
    file, problems = tmp_path / "night.csv", tmp_path / "problems.csv"
    file.write_text("observed_at,in_bed\n" + 'never,in\n1768222800,"b,d"\n' * 20)
    result = run("import", file, "--belt", "b1", "--data", tmp_path / "data", "--refused", problems, "--show", 0)
    assert result.stdout.splitlines()[-1] == f"and 40 more; all are in {problems}"
    lines = problems.read_text().splitlines()
    assert len(lines) == 41
    assert lines[:3] == [
        "row,column,value,reason,why,refused",
        "2,observed_at,never,unreadable-observed_at,neither ISO 8601 nor a number,true",
        '3,in_bed,"b,d",unreadable-in_bed,"not true/false, 1/0, yes/no or in/out",false',
    ]


def test_readings_after_the_present_are_refused_on_import_alone(tmp_path: Path) -> None:
    file = tmp_path / "night.csv"
    file.write_text("observed_at,in_bed\n2200-01-01T00:00:00Z,in\n")
    assert imported(tmp_path, file, "--belt", "b1")["reasons"] == {"time-in-future": 1}
    assert run("replay", file, "--json").stderr == ""


def test_columns_that_mean_nothing_and_belts_of_the_file_are_told(tmp_path: Path) -> None:
    file = tmp_path / "ward.csv"
    file.write_text("observed_at,belt,spo2\n1768222800,b2,98\n")
    result = run("import", file, "--belt", "b1", "--data", tmp_path / "data")
    assert result.stderr.splitlines() == [
        "columns passed over: spo2",
        "the file has a column belt, which goes over --belt b1",
    ]
    assert len(stored(tmp_path, "b2")) == 1
    assert len(stored(tmp_path, "b1")) == 0


def test_what_was_exported_is_what_was_imported(tmp_path: Path, night: Path) -> None:
    imported(tmp_path, night, "--belt", "b1")
    out = tmp_path / "out.csv"
    result = run("export", "--belt", "b1", "--out", out, "--data", tmp_path / "data")
    assert result.stdout == f"b1: 3 readings to {out}\n"
    assert out.read_text() == NIGHT


def test_an_export_takes_what_lies_between_two_instants(tmp_path: Path, night: Path) -> None:
    imported(tmp_path, night, "--belt", "b1")
    out = tmp_path / "out.csv"
    span = ("--from", "2026-01-12T21:00:10", "--to", "2026-01-12T13:00:20Z", "--zone", "Asia/Shanghai")
    run("export", "--belt", "b1", *span, "--out", out, "--data", tmp_path / "data")
    assert out.read_text().splitlines()[1:] == ["2026-01-12T13:00:10.000Z,,,,false,,,"]


def test_an_export_of_several_belts_over_years_comes_back_whole(tmp_path: Path) -> None:
    at = np.concatenate([T0 + np.arange(5), T0 + 3 * DAY_MS + np.arange(5), T0 + 300 * DAY_MS - 400 * np.arange(5)])
    at = np.concatenate([at, [0, DAY_MS - 1, DAY_MS]])
    batch = ReadingBatch.build(
        belts=("b1", "b2", "b3"),
        belt=np.arange(len(at)) % 2,
        observed_at=at,
        received_at=at + 7,
        heart_rate=at % 97 + 30.1,
    )
    (tmp_path / "data").mkdir()
    store = DuckDBReadings(tmp_path / "data" / "readings.duckdb")
    store.write(batch)
    store.close()
    out = tmp_path / "out.parquet"
    belts = ("--belt", "b2", "--belt", "b1", "--belt", "b3", "--belt", "b1")
    result = run(
        "export", *belts, "--to", "2027-01-01T00:00Z", "--out", out, "--received-at", "--data", tmp_path / "data"
    )
    assert result.stdout.splitlines() == [
        f"{belt}: {n} readings to {out}" for belt, n in (("b2", 9), ("b1", 9), ("b3", 0))
    ]
    (tmp_path / "data").rename(tmp_path / "before")
    result = run("import", out, "--data", tmp_path / "data")
    (tmp_path / "data").rename(tmp_path / "after")
    for belt_id in ("b1", "b2"):
        (tmp_path / "before").rename(tmp_path / "data")
        before = stored(tmp_path, belt_id)
        (tmp_path / "data").rename(tmp_path / "before")
        (tmp_path / "after").rename(tmp_path / "data")
        after = stored(tmp_path, belt_id)
        (tmp_path / "data").rename(tmp_path / "after")
        for name, column in before.columns().items():
            assert column.tobytes() == after.columns()[name].tobytes(), name


def test_an_export_to_a_directory_is_a_file_for_each_belt(tmp_path: Path, night: Path) -> None:
    for belt_id in ("b1", "b2"):
        imported(tmp_path, night, "--belt", belt_id)
    (tmp_path / "out").mkdir()
    run("export", "--belt", "b1", "--belt", "b2", "--out", tmp_path / "out", "--data", tmp_path / "data")
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == {"b1.csv": NIGHT, "b2.csv": NIGHT}


def test_an_export_by_the_minute(tmp_path: Path, night: Path) -> None:
    imported(tmp_path, night, "--belt", "b1")
    csv, parquet = tmp_path / "out.csv", tmp_path / "out.parquet"
    for out in (csv, parquet):
        result = run("export", "--belt", "b1", "--minutes", "--out", out, "--data", tmp_path / "data")
        assert result.stdout == f"b1: 1 minute to {out}\n"
    assert csv.read_text().splitlines() == [
        "minute_at,readings,known_in_bed,in_bed,heart_rate,heart_rate_min,heart_rate_max,breathing_rate,movement,turn_overs",
        "2026-01-12T13:00:00.000Z,3,2,1,61.75,61.0,62.5,14.5,3.0,1.0",
    ]
    with duckdb.connect() as connection:
        found = connection.execute("SELECT epoch_ms(minute_at), readings FROM read_parquet(?)", (str(parquet),))
        assert found.fetchall() == [(T0, 3)]


def test_an_export_writes_over_a_file_only_when_told_to(tmp_path: Path, night: Path) -> None:
    imported(tmp_path, night, "--belt", "b1")
    out = tmp_path / "out.csv"
    out.write_text("mine")
    export = ("export", "--belt", "b1", "--out", out, "--data", tmp_path / "data")
    assert refusal(*export) == f"{out} is there already; --force writes over it"
    assert out.read_text() == "mine"
    run(*export, "--force")
    assert out.read_text() == NIGHT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "night.csv", "out.csv"], "nothing is left over"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--out", "{}/out.txt"), "{}/out.txt: the name must end in .csv, .csv.gz, .parquet"),
        (("--out", "{}/no/out.csv"), "{}/no/out.csv: there is no directory {}/no"),
        (("--out", "{}", "--format", "xlsx"), "{}/b1.xlsx: the name must end in .csv, .csv.gz, .parquet"),
        (
            ("--out", "{}/o.csv", "--from", "yesterday"),
            "--from 'yesterday': not an instant such as 2026-01-12T21:00:00+08:00",
        ),
        (
            ("--out", "{}/o.csv", "--to", "2026-01-12"),
            "--to '2026-01-12' has no time zone; write it behind, or give --zone",
        ),
        (
            ("--out", "{}/o.csv", "--to", "2026-01-12", "--zone", "Mars"),
            "time zone 'Mars': not an IANA zone name",
        ),
        (("--out", "{}/o.csv", "--from", "2200-01-01T00:00Z"), "--from must be before --to"),
        (("--out", "{}/o.csv", "--belt", "a/b"), "belt id 'a/b': letters, digits, '_', '.', '-' only, at most 64"),
    ],
)
def test_mistakes_of_an_export(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    given = [argument.replace("{}", str(tmp_path)) for argument in arguments]
    said = refusal("export", "--belt", "b1", *given, "--data", tmp_path / "data")
    assert said == words.replace("{}", str(tmp_path))
    assert not (tmp_path / "data").exists()


def test_a_data_directory_in_use_is_told(tmp_path: Path, night: Path) -> None:
    service = DataDirectory(tmp_path / "data")
    try:
        for command in (("import", night, "--belt", "b1"), ("export", "--belt", "b1", "--out", tmp_path / "out.csv")):
            assert "is in use by another nightbelt (process " in refusal(*command, "--data", tmp_path / "data")
    finally:
        service.release()
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("command", ["import", "replay"])
def test_what_is_no_file_of_readings_stores_nothing(tmp_path: Path, command: str) -> None:
    file = tmp_path / "holiday.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF\0")
    options = ("--belt", "b1", "--data", tmp_path / "data") if command == "import" else ()
    assert refusal(command, file, *options) == f"{file}: neither CSV nor Parquet"


def test_an_import_needs_a_belt(tmp_path: Path, night: Path) -> None:
    assert refusal("import", night, "--data", tmp_path / "data") == (
        f"{night}: no column belt; say whose readings these are with --belt"
    )
    assert refusal("import", night, "--belt", "a b", "--data", tmp_path / "data").startswith("belt id 'a b': ")


def absence(tmp_path: Path, *, ends_s: int = 2_400) -> Path:
    """In bed for ten minutes, out for twenty, back."""
    file = tmp_path / "night.csv"
    rows = (f"{T0 + at * 1_000},{'out' if 600 <= at < 1_800 else 'in'}\n" for at in range(0, ends_s, 10))
    file.write_text("observed_at,in_bed\n" + "".join(rows))
    return file


def test_a_replay_prints_an_alarm_a_line(tmp_path: Path) -> None:
    result = run("replay", absence(tmp_path), "--json")
    assert result.stderr == ""
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {
            "belt": "belt",
            "rule": "leave-bed-not-back",
            "category": "care",
            "priority": "high",
            "began_at": "2026-01-12T13:10:00.000Z",
            "due_at": "2026-01-12T13:25:00.000Z",
            "raised_at": "2026-01-12T13:25:00.000Z",
            "cleared_at": "2026-01-12T13:30:00.000Z",
            "reason": "Has not come back within 15 min.",
            "reason_code": "left-bed",
            "facts": {"left_at": T0 + 600_000, "limit_s": 900},
        }
    ]


def test_a_replay_for_the_eye_is_in_local_time(tmp_path: Path) -> None:
    text = " ".join(run("replay", absence(tmp_path)).stdout.split())
    assert "1 alarm (local times, Asia/Shanghai)" in text
    assert "leave-bed-not-back" in text
    assert "21:25:00" in text


def test_a_replay_takes_its_settings_from_a_file(tmp_path: Path) -> None:
    file, settings = absence(tmp_path), tmp_path / "replay.toml"
    settings.write_text("[leave_bed]\naway_limit_min = 21\n")
    assert run("replay", file, "--json", "--settings", settings).stdout == ""
    settings.write_text("[leave_bed]\naway_limit_mn = 21\n")
    assert refusal("replay", file, "--settings", settings) == (
        f"replay settings {settings}: Object contains unknown field `away_limit_mn` - at `$.leave_bed`"
    )


def test_a_replay_says_what_it_did_not_see_the_end_of(tmp_path: Path) -> None:
    file = absence(tmp_path, ends_s=700)
    result = run("replay", file, "--json")
    assert result.stdout == ""
    assert result.stderr == (
        "a limit was still running when the replay ended at 2026-01-12T13:11:30.000Z; "
        "--until 2026-01-12T13:25:00.000Z lets it run out\n"
    )
    (line,) = run("replay", file, "--json", "--until", "2026-01-12T13:25:00.000Z").stdout.splitlines()
    assert json.loads(line)["reason"] == ("Has not come back within 15 min. The belt has sent nothing since then.")


def test_a_replay_keeps_its_output_clean_of_the_files_problems(tmp_path: Path) -> None:
    file = absence(tmp_path)
    file.write_text(file.read_text() + "soon,in\n")
    result = run("replay", file, "--json")
    assert len(result.stdout.splitlines()) == 1
    assert "row 242: observed_at 'soon': neither ISO 8601 nor a number" in result.stderr
