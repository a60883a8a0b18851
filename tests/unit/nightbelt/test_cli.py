"""The command line as a whole: how its commands are listed and found, and what is imported for which."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nightbelt import commands_serve
from nightbelt.cli import COMMANDS, app, loaded
from nightbelt.stopping import ended_at_once

ROOT = Path(__file__).parents[3]
HEAVY = {"altair", "apprise", "duckdb", "fastapi", "grafana_foundation_sdk", "influxdb_client", "pywebpush", "scipy"}
"""What takes 0.1 s and more to import, and few commands need."""
LOAD = "import sys; from nightbelt.cli import loaded; [loaded(name) for name in sys.argv[1:]]; print(*sys.modules)"
LIST = "import sys; from nightbelt.cli import app; app(['--help'], standalone_mode=False); print(*sys.modules)"
FIRST_MESSAGE = """
import sys
from domain.contacts import ContactPoint, WayKind
from nightbelt.channels.by_apprise import AppriseSender
sender = AppriseSender()
before = set(sys.modules)
address = "json://192.0.2.1"
sender.carries_pictures(ContactPoint(contact_id="1", center_id="c01", rank=1, kind=WayKind.APPRISE, address=address))
print(*set(sys.modules) - before)
"""


def modules(script: str, *arguments: str) -> set[str]:
    """The last line that `script` prints."""
    ran = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(ran.stdout.splitlines()[-1].split(" ")) - {""}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_listed_with_its_own_words(name: str) -> None:
    _, listed = COMMANDS[name]
    assert loaded(name).help.split("\n\n")[0] == listed


def test_every_module_of_commands_is_listed() -> None:
    there = {f"nightbelt.{path.stem}" for path in Path(commands_serve.__file__).parent.glob("commands_*.py")}
    assert there == {place.partition(":")[0] for place, _ in COMMANDS.values()}


def test_a_mistyped_command_is_guessed() -> None:
    told = CliRunner().invoke(app, ["persn"])
    assert told.exit_code == 2
    assert "Did you mean 'person'?" in told.output


def test_listing_the_commands_imports_none_of_them() -> None:
    found = modules(LIST)
    assert found & {*HEAVY, "msgspec", "numpy", "pydantic", "sqlalchemy"} == set()
    assert [name for name in found if name.startswith("nightbelt.commands_")] == []


def test_small_commands_import_nothing_heavy() -> None:
    small = ("broker-config", "enroll", "person", "profile", "quality", "quarantine", "roster")
    assert modules(LOAD, *small) & HEAVY == set()


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("contact", {"apprise"}),
        ("dashboards", {"grafana_foundation_sdk"}),
        ("export", {"duckdb"}),
        ("report", {"duckdb", "scipy"}),
        ("setup", {"influxdb_client"}),
        ("simulate", {"scipy"}),
    ],
)
def test_a_command_imports_nothing_heavy_but_what_it_needs(name: str, needed: set[str]) -> None:
    assert modules(LOAD, name) & HEAVY == needed


def test_the_service_has_imported_everything_before_it_is_up() -> None:
    found = modules(LOAD, "serve")
    assert HEAVY - {"grafana_foundation_sdk"} <= found
    assert {"nightbelt.channels.calling", "nightbelt.far_readings", "vl_convert"} <= found


def test_the_first_message_imports_nothing() -> None:
    assert modules(FIRST_MESSAGE) == set()


def test_an_interruption_ends_an_import_at_once() -> None:
    before = signal.getsignal(signal.SIGINT)
    with ended_at_once():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is before
