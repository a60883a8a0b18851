"""Files of readings through the installed command, in processes of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nightbelt.settings import ENV_PREFIX
from storage.duckdb_readings import DuckDBReadings
from tests.integration.engines import free_port
from tests.integration.engines_influx import influx

ROOT = Path(__file__).parents[2]
T0 = 1_768_222_800


def nightbelt(*arguments: object, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
    environment |= {f"{ENV_PREFIX}{name.upper()}": value for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "nightbelt", *map(str, arguments)],
        cwd=cwd,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def write_night(path: Path, rows: int) -> None:
    lines = (f"{T0 + n},,out\n" if 3_600 <= n < 5_400 else f"{T0 + n},{60 + n % 9},in\n" for n in range(rows))
    path.write_text("observed_at,heart_rate,in_bed\n" + "".join(lines))


def test_a_night_goes_in_and_out_and_is_replayed(tmp_path: Path) -> None:
    write_night(tmp_path / "night.csv", 20_000)
    first = nightbelt("import", "night.csv", "--belt", "b1", "--json", cwd=tmp_path)
    assert (first.returncode, first.stderr, json.loads(first.stdout)["new"]) == (0, "", 20_000)
    exported = nightbelt("export", "--belt", "b1", "--out", "out.parquet", cwd=tmp_path)
    assert (exported.returncode, exported.stdout, exported.stderr) == (0, "b1: 20,000 readings to out.parquet\n", "")
    again = nightbelt("import", "out.parquet", "--belt", "b1", "--json", cwd=tmp_path)
    assert json.loads(again.stdout)["new"] == 0
    replays = [nightbelt("replay", name, "--json", cwd=tmp_path).stdout for name in ("night.csv", "out.parquet")]
    assert replays[0] == replays[1]
    (alarm,) = map(json.loads, replays[0].splitlines())
    assert (alarm["began_at"], alarm["raised_at"]) == ("2026-01-12T14:00:00.000Z", "2026-01-12T14:15:00.000Z")


@pytest.mark.engine("influxd")
def test_with_influxdb_files_go_in_and_out_with_the_figures_of_their_minutes(tmp_path: Path) -> None:
    write_night(tmp_path / "night.csv", 5_000)
    with influx(tmp_path / "influx") as engine:
        away = nightbelt(
            "import", "night.csv", "--belt", "b1", cwd=tmp_path, influx_url=f"http://127.0.0.1:{free_port()}"
        )
        assert (away.returncode, away.stdout) == (2, "")
        assert "InfluxDB unavailable: cannot be reached" in away.stderr
        assert nightbelt("setup", "influx", cwd=tmp_path, influx_url=engine.url).returncode == 0
        for _ in range(2):
            done = nightbelt("import", "night.csv", "--belt", "b1", "--json", cwd=tmp_path, influx_url=engine.url)
            told = json.loads(done.stdout)
            assert (done.returncode, done.stderr, told["accepted"], told["new"]) == (0, "", 5_000, None)
        out = nightbelt("export", "--belt", "b1", "--out", "out.csv", cwd=tmp_path, influx_url=engine.url)
        assert (out.returncode, out.stdout) == (0, "b1: 5,000 readings to out.csv\n")
        kept = engine.query("SELECT sum(readings) FROM minutes WHERE center = 'unassigned'", "nightbelt_minutes")
        assert "5000" in json.dumps(kept)
    replays = [nightbelt("replay", name, "--json", cwd=tmp_path).stdout for name in ("night.csv", "out.csv")]
    assert replays[0] == replays[1] != ""


def test_mistakes_are_one_line_and_exit_code_2(tmp_path: Path) -> None:
    done = nightbelt("replay", "none.csv", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "nightbelt: none.csv: No such file or directory\n")


def test_an_import_that_is_interrupted_ends_quietly_and_is_repeated(tmp_path: Path) -> None:
    rows = 400_000
    write_night(tmp_path / "night.csv", rows)
    command = [sys.executable, "-m", "nightbelt", "import", "night.csv", "--belt", "b1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "tmp")}
    (tmp_path / "tmp").mkdir()
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not list((tmp_path / "tmp").glob("*/rows.duckdb")):
            time.sleep(0.01)  # until the check of the rows has begun
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "")
    assert list((tmp_path / "tmp").iterdir()) == [], "nothing is left of it"
    done = nightbelt("import", "night.csv", "--belt", "b1", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["written"] == rows
    store = DuckDBReadings(tmp_path / "data" / "readings.duckdb")
    assert store.minutes("b1", 0, 2**62).readings.sum() == rows
    store.close()
