"""The command line. Mistakes get one clear line on standard error and exit code 2; interruptions end quietly."""

import pkgutil
import sys
from collections.abc import Mapping
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from domain.errors import NightbeltError
from nightbelt.stopping import ended_at_once

MISTAKE = 2
"""Exit code when the settings, a file or an option are wrong; nothing was changed."""
INTERRUPTED = 130

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "import": (
        "nightbelt.commands_files:import_",
        "Store the readings of a CSV or Parquet file; safe to repeat.",
    ),
    "export": (
        "nightbelt.commands_files:export",
        "Write readings to CSV or Parquet, in the form that import reads.",
    ),
    "replay": (
        "nightbelt.commands_files:replay",
        "Run all alarm rules over a file of readings, in event time; nothing is stored.",
    ),
    "report": (
        "nightbelt.commands_report:report",
        "Report one night of a resident or a belt, from its readings.",
    ),
    "roster": (
        "nightbelt.commands_roster:roster",
        "Say who is on duty when, as a roster file says; swaps made in the pages stay.",
    ),
    "quality": (
        "nightbelt.commands_quality:quality",
        "Tell how good the alarms were, by the outcomes that people gave.",
    ),
    "evaluate": (
        "nightbelt.commands_evaluate:evaluate",
        "Score the alarm rules on simulated nights whose truth is known; no broker, event time.",
    ),
    "demo": (
        "nightbelt.commands_demo:demo",
        "Everything embedded: a broker, a simulated centre, and the service, on one address.",
    ),
    "serve": (
        "nightbelt.commands_serve:serve",
        "The service alone: readings from your broker, alarms, and the pages.",
    ),
    "simulate": (
        "nightbelt.commands_simulate:simulate",
        "Belts that do not exist, publishing over MQTT until interrupted.",
    ),
    "quarantine": (
        "nightbelt.commands_quarantine:quarantine",
        "List messages that could not be read as readings, and why.",
    ),
    "enroll": (
        "nightbelt.commands_enroll:enroll",
        "Make rooms, beds, belts and residents known, as a centre file says; safe to repeat.",
    ),
    "person": (
        "nightbelt.commands_person:person",
        "Add somebody who may log in, or change them; asks for the password. Signs them out everywhere.",
    ),
    "broker-config": (
        "nightbelt.commands_broker:broker_config",
        "Settings, logins and permissions for a broker: each enrolled belt publishes under its own id only.",
    ),
    "setup": (
        "nightbelt.commands_setup:setup",
        "Make the engines of a centre ready.",
    ),
    "dashboards": (
        "nightbelt.commands_dashboards:dashboards_app",
        "The Grafana dashboards: as files, and into a running Grafana.",
    ),
    "profile": (
        "nightbelt.commands_profile:app",
        "Other makers' belts: list device profiles, try one on a payload.",
    ),
    "contact": (
        "nightbelt.commands_contact:contact_app",
        "Ways to reach people and centres outside the pages.",
    ),
}
"""Where each command is, and the words that list it: to list them all, none has to be imported."""


class Commands(TyperGroup):
    """The commands by name. Only the one that is asked for is imported: most need a small part of what there is."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for name, (_, text) in COMMANDS.items():
            self.add_command(TyperCommand(name, help=text))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, loaded(name) if name is not None else listed, rest


app = typer.Typer(
    name="nightbelt",
    cls=Commands,
    help="Night-time monitoring for community elderly-care centres.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _group() -> None:
    """Makes a group of an app that has no command of its own."""


def main() -> None:
    """The entry point of the command."""
    try:
        app()
    except NightbeltError as error:
        sys.stderr.write(f"nightbelt: {error}\n")
        sys.exit(MISTAKE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def loaded(name: str) -> Any:
    """The command, or group of commands, with its options: what typer makes of it, which has no public type."""
    place, _ = COMMANDS[name]
    with ended_at_once():
        found = pkgutil.resolve_name(place)
    alone = typer.Typer(pretty_exceptions_enable=False)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name)(found)
    return get_group(alone).commands[name]
