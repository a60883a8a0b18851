"""The demo and the command line as a newcomer meets them, mistakes included."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.demo import demo, processes_naming
from tests.integration.engines import engine_path, free_port

pytestmark = pytest.mark.engine("nats-server")
GONE_S = 10.0


@pytest.fixture(autouse=True)
def _broker() -> None:
    engine_path("nats-server")


def nightbelt(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nightbelt", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
        check=False,
    )


def assert_gone(text: str) -> None:
    deadline = time.monotonic() + GONE_S
    while processes_naming(text) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_naming(text) == []


def test_it_starts_stops_cleanly_and_goes_on_where_it_was(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with demo(data, "--beds", "4") as first:
        first.wait_up()
        began_at = first.state["began_at"]
        second = nightbelt("demo", "--data", str(data), "--port", "0")
        assert second.returncode == 2
        assert second.stderr == (
            f"nightbelt: data directory {data} is in use by another nightbelt (process {first.process.pid}); stop that "
            "one first, or choose another directory\n"
        )
        assert first.end() == 0
        assert "Traceback" not in first.said
        assert first.said.rstrip().endswith("stopped; start again to go on from here")
    stopped_at = first.state["clock_at"]
    assert_gone(str(data))
    with demo(data) as again:
        again.wait_up()
        assert again.state["began_at"] == began_at
        assert again.state["beds"] == 4
        assert again.end(signal.SIGTERM) == 0
    assert int(str(again.state["clock_at"])) > int(str(stopped_at))
    assert "Traceback" not in again.said
    assert_gone(str(data))


def test_nothing_outlives_a_killed_demo(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with demo(data, "--beds", "2") as killed:
        killed.wait_up()
        killed.end(signal.SIGKILL)
        assert_gone(str(data))
    with demo(data) as again:
        again.wait_up()
        assert again.end() == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_start_is_quiet_too(tmp_path: Path, how: signal.Signals) -> None:
    data = tmp_path / "data"
    with demo(data, "--beds", "40") as early:
        deadline = time.monotonic() + GONE_S
        while not (data / "broker").exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        early.end(how)
        assert "Traceback" not in early.said
        assert_gone(str(data))
    with demo(data) as again:
        again.wait_up()
        assert again.end() == 0


def test_a_taken_port_is_said_and_nothing_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = nightbelt("demo", "--data", str(tmp_path / "data"), "--port", str(port))
    assert result.returncode == 2
    assert result.stderr == (
        f"nightbelt: web address 127.0.0.1:{port} is already in use; choose another port or stop what uses it\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_data_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    result = nightbelt("demo", "--data", str(tmp_path / "file" / "data"), "--port", "0")
    assert result.returncode == 2
    assert result.stderr == (f"nightbelt: data directory {tmp_path}/file/data cannot be written: Not a directory\n")
    assert (tmp_path / "file").read_text() == "mine"


def test_data_of_another_simulation_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with demo(data, "--beds", "2", "--seed", "3") as running:
        running.wait_up()
        running.end()
    result = nightbelt("demo", "--data", str(data), "--port", "0", "--seed", "4")
    assert result.returncode == 2
    assert "holds a demo with --seed 3, not 4" in result.stderr


def test_belts_without_a_broker_say_so() -> None:
    result = nightbelt("simulate", "--port", str(free_port()))
    assert result.returncode == 2
    assert result.stderr.startswith("nightbelt: broker 127.0.0.1:")
    assert result.stderr.endswith("unavailable: Connection refused\n")


def test_serve_says_what_is_wrong_with_its_settings(tmp_path: Path) -> None:
    result = nightbelt("serve", NIGHTBELT_WEB_PORT="http", NIGHTBELT_DATA_DIR=str(tmp_path / "data"))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("nightbelt: environment variable NIGHTBELT_WEB_PORT: ")
    assert len(result.stderr.splitlines()) == 1


def test_enrolling_listing_and_adding_people(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    file = tmp_path / "center.toml"
    file.write_text('[center]\nid = "c1"\nname = "C"\n[[beds]]\nroom = "1"\nbed = "1"\nbelt = "b1"\n')
    assert nightbelt("enroll", str(file), NIGHTBELT_DATA_DIR=data).stdout == "c1: 1 beds enrolled\n"
    added = ("person", "wang", "--role", "caregiver", "--name", "Wang", "--center", "c1")
    short = nightbelt(*added, NIGHTBELT_DATA_DIR=data, NIGHTBELT_PERSON_PASSWORD="short")
    assert (short.returncode, short.stderr) == (2, "nightbelt: password: at least 10 characters\n")
    good = nightbelt(*added, NIGHTBELT_DATA_DIR=data, NIGHTBELT_PERSON_PASSWORD="long enough for a test")
    assert good.stdout == "wang: caregiver\n"
    nowhere = nightbelt("quarantine", "--data", str(tmp_path / "nowhere"))
    assert nowhere.stderr == (
        f"nightbelt: data directory {tmp_path}/nowhere holds no records; name another with --data\n"
    )
    assert not (tmp_path / "nowhere").exists()
    listed = nightbelt("quarantine", "--data", data)
    assert "0 in quarantine" in listed.stdout
