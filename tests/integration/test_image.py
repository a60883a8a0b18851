"""What the image holds is whole: it runs from its own files, under its own account, and writes to /data alone."""

import contextlib
import json
import shlex
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from nightbelt.cli import COMMANDS
from tests.composition import ROOT, dockerfile, reaches_the_builder
from tests.integration.engines import Broker, free_port, until
from tests.integration.image import Image, image

pytestmark = pytest.mark.engine("mosquitto")
PACKAGES = [source for source in dockerfile().copied if (ROOT / source).is_dir()]


@pytest.fixture(scope="module")
def made() -> Iterator[Image]:
    with image() as built:
        yield built


def test_every_file_of_the_packages_is_installed(made: Image) -> None:
    files = [path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    wanted = {str(path) for path in files if reaches_the_builder(str(path))}
    assert len(wanted) > 100
    assert {name for name in wanted if not (made.site / name).exists()} == set()


def test_the_command_is_there_and_knows_all_that_it_knows_here(made: Image) -> None:
    done = made.run("nightbelt", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert [name for name in COMMANDS if f" {name} " not in done.stdout] == []
    load_all = "from nightbelt.cli import COMMANDS, loaded; print(*(loaded(name).name for name in COMMANDS))"
    assert made.run("python", "-c", load_all).stdout.split() == [*COMMANDS]


def test_it_can_write_to_its_data_and_nowhere_else(made: Image) -> None:
    tried = "import pathlib, sys; pathlib.Path(sys.argv[1], 'x').write_text('x')"
    assert made.run("python", "-c", tried, str(made.data)).returncode == 0
    for place in (made.site, made.site / "api", made.environment_folder / "bin"):
        assert "PermissionError" in made.run("python", "-c", tried, str(place)).stderr


def test_it_serves_pages_in_two_languages_and_its_own_health_check_holds(
    made: Image, mosquitto_broker: Broker, tmp_path: Path
) -> None:
    port = free_port()
    with _serving(made, port, mosquitto_broker.port, tmp_path / "log") as process:
        until(lambda: _health(port) == "ok")
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        english = opener.open(f"http://127.0.0.1:{port}/login").read().decode()
        assert "Sign in" in english
        chinese = opener.open(f"http://127.0.0.1:{port}/language/zh-CN?next=/login").read().decode()
        assert "登录" in chinese
        for name in ("base.css", "board.js"):
            assert opener.open(f"http://127.0.0.1:{port}/static/{name}").status == 200
        assert made.run(*_health_check(port)).returncode == 0
        mosquitto_broker.stop()
        until(lambda: _health(port) == "degraded")
        assert made.run(*_health_check(port)).returncode != 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert (made.data / "records.sqlite").exists()


@contextlib.contextmanager
def _serving(made: Image, port: int, broker_port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    variables = {
        **made.variables,
        "NIGHTBELT_WEB_PORT": str(port),
        "NIGHTBELT_WEB_HOST": "127.0.0.1",
        "NIGHTBELT_SECURE_COOKIES": "false",
        "NIGHTBELT_MQTT_PORT": str(broker_port),
    }
    command = made.command("nightbelt", *json.loads(dockerfile().last("CMD")))
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=made.data, env=variables, stdout=said, stderr=said)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        print(log.read_text())


def _health(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            said = answer.read()
    except urllib.error.HTTPError as error:
        said = error.read()
    except OSError:
        return "nobody answers"
    return str(json.loads(said)["status"])


def _health_check(port: int) -> list[str]:
    """The command of the Dockerfile's HEALTHCHECK, at another port."""
    command = dockerfile().last("HEALTHCHECK").partition("CMD ")[2].replace(":8000/", f":{port}/")
    words: list[str] = json.loads(command)
    assert shlex.join(words).count(f":{port}/") == 1
    return words
