"""The command line. Mistakes get one clear line on standard error and exit code 2; interruptions end quietly."""

import contextlib
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.passwords import Passwords
from domain.clock import ScaledClock, SystemClock, instant, utc
from domain.errors import ConfigurationError, NightbeltError
from domain.people import Person, Role
from domain.residents import checked_id
from nightbelt import commands_files, commands_profile
from nightbelt.center_file import read_center_file
from nightbelt.commands_broker import broker_config
from nightbelt.commands_contact import contact_app
from nightbelt.commands_dashboards import dashboards_app
from nightbelt.commands_evaluate import evaluate
from nightbelt.commands_quality import quality
from nightbelt.commands_report import report
from nightbelt.commands_roster import roster
from nightbelt.commands_setup import setup
from nightbelt.demo import DEFAULT_BEDS, DEFAULT_SEED, DemoOptions, DemoState, run_demo
from nightbelt.logs import configure_logs
from nightbelt.opening import open_stores
from nightbelt.past import NIGHTS
from nightbelt.service import Service, listen
from nightbelt.settings import load_settings
from nightbelt.simulation import BrokerSecrets, broker_of, demo_center, publish
from nightbelt.stopping import Stopping
from nightbelt.terminal import SettingsFile, held, open_records, out, print_json, settings_of
from simulators.center import simulated_center
from storage.records_people import RecordsPeople
from storage.records_quarantine import RecordsQuarantine
from storage.records_register import RecordsRegister

MISTAKE = 2
"""Exit code when the settings, a file or an option are wrong; nothing was changed."""
INTERRUPTED = 130

app = typer.Typer(
    name="nightbelt",
    help="Night-time monitoring for community elderly-care centres.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(setup, name="setup")
app.add_typer(dashboards_app, name="dashboards")
app.add_typer(commands_profile.app, name="profile")
app.add_typer(contact_app, name="contact")


app.command("import")(commands_files.import_)
app.command()(commands_files.export)
app.command()(commands_files.replay)
app.command()(report)
app.command()(roster)
app.command()(quality)
app.command()(evaluate)


def main() -> None:
    """The entry point of the command."""
    try:
        app()
    except NightbeltError as error:
        sys.stderr.write(f"nightbelt: {error}\n")
        sys.exit(MISTAKE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


@app.command()
def demo(
    data: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path("data"),
    beds: Annotated[int | None, typer.Option(min=1, max=500, help=f"Beds; {DEFAULT_BEDS} on new data.")] = None,
    seed: Annotated[int | None, typer.Option(help=f"Seed of the simulation; {DEFAULT_SEED} on new data.")] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=600, help="60: a night in ten minutes; 1: real time.")] = 60.0,
    host: Annotated[str, typer.Option(help="Address of the pages.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the pages; 0: any free one.")] = 8000,
    past_nights: Annotated[
        int, typer.Option(min=1, max=90, help="Nights of history that new data begins with.")
    ] = NIGHTS,
) -> None:
    """Everything embedded: a broker, a simulated centre, and the service, on one address."""
    options = DemoOptions(
        data_dir=data, beds=beds, seed=seed, speed=speed, host=host, port=port, past_nights=past_nights
    )
    with contextlib.closing(listen(host, port)):
        pass  # a taken port is found before anything is made
    with Stopping() as stopping, held(data), contextlib.suppress(KeyboardInterrupt):
        configure_logs("info", path=data / "nightbelt.log")
        with out.status("starting") as status:

            def ready(address: str, state: DemoState) -> None:
                status.stop()
                _welcome(address, state, speed)

            run_demo(options, stopping, tell=lambda text: status.update(f"{text} ..."), ready=ready)
        out.print("stopped; start again to go on from here")


def _welcome(address: str, state: DemoState, speed: float) -> None:
    logins = Table(title=f"Nightbelt demo: {state.beds} beds, {speed:g} times as fast as real time")
    for heading in ("login", "password", "sees"):
        logins.add_column(heading)
    sees = {
        "admin": "everything, and may change settings",
        "lead": "the same, and leads the shift",
        "nurse": "the board",
        "family": "one relative's nights",
    }
    for login, password in state.passwords.items():
        logins.add_row(login, password, sees.get(login, ""))
    out.print(logins)
    out.print(f"open [bold]{address}[/bold]  (Ctrl-C stops)")


@app.command()
def serve(settings_file: SettingsFile = None) -> None:
    """The service alone: readings from your broker, alarms, and the pages."""
    settings = load_settings(settings_file)
    configure_logs(settings.log_level, as_json=not sys.stderr.isatty())
    with Stopping() as stopping, held(settings.data_dir), contextlib.suppress(KeyboardInterrupt):
        listener = listen(settings.web_host, settings.web_port)
        with contextlib.closing(listener), contextlib.closing(open_stores(settings, stopping)) as stores:
            service = Service(settings, stores, listener, clock=SystemClock())
            service.run(stopping, lambda: out.print(f"serving http://{settings.web_host}:{listener.getsockname()[1]}"))


@app.command()
def simulate(
    host: Annotated[str, typer.Option(help="Broker's host.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Broker's port.")] = 1883,
    username: Annotated[str | None, typer.Option(help="Login at the broker.")] = None,
    password: Annotated[
        str | None, typer.Option(envvar="NIGHTBELT_SIMULATE_PASSWORD", help="Password at the broker.")
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="Speak TLS to the broker.")] = False,
    ca_file: Annotated[Path | None, typer.Option(help="Certificates to trust; the system's when left out.")] = None,
    logins: Annotated[
        Path | None, typer.Option(help="File of logins by belt, from `broker-config`; each belt uses its own.")
    ] = None,
    beds: Annotated[int, typer.Option(min=1, help="Beds, each with a belt.")] = DEFAULT_BEDS,
    seed: Annotated[int, typer.Option(help="The same seed gives the same nights.")] = DEFAULT_SEED,
    speed: Annotated[float, typer.Option(min=0.1, help="Times as fast as real time.")] = 1.0,
    start: Annotated[datetime | None, typer.Option(help="Instant to begin at, UTC; now when left out.")] = None,
    truth: Annotated[Path | None, typer.Option(help="File to write what really happened to (JSON lines).")] = None,
    opening: Annotated[bool, typer.Option(hidden=True)] = False,
    clock_at: Annotated[int | None, typer.Option(hidden=True)] = None,
    machine_clock_at: Annotated[int | None, typer.Option(hidden=True)] = None,
    began_at: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Belts that do not exist, publishing over MQTT until interrupted."""
    now = SystemClock().now()
    if clock_at is None:
        clock_at = now if start is None else instant(start.replace(tzinfo=utc(0).tzinfo))
    first = clock_at if began_at is None else began_at
    clock = ScaledClock(origin_at=clock_at, machine_origin_at=machine_clock_at or now, speed=speed)
    center = demo_center(beds, seed, first) if opening else simulated_center(beds, seed)
    secrets = BrokerSecrets(tls=tls, ca_file=ca_file, logins=logins)
    broker = broker_of(center, host, port, (username, password), secrets)
    out.print(f"{beds} belts publish to {host}:{port}, {speed:g} times as fast as real time (Ctrl-C stops)")
    published = publish(center, broker, clock, began_at=first, truth=truth)
    out.print(f"published {published.messages} messages, {published.readings} readings")


@app.command()
def quarantine(
    settings_file: SettingsFile = None,
    data: Annotated[Path | None, typer.Option(help="Data directory; over the settings.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, with the whole payload.")] = False,
) -> None:
    """List messages that could not be read as readings, and why."""
    settings = settings_of(settings_file, data)
    if not settings.records_url and not Path(settings.records_location).exists():
        raise ConfigurationError(f"data directory {settings.data_dir} holds no records; name another with --data")
    with open_records(settings) as records:
        kept = RecordsQuarantine(records)
        entries, counts = kept.entries(limit=limit), kept.counts()
    if as_json:
        for entry in entries:
            row = {
                "received_at": entry.received_at,
                "topic": entry.topic,
                "reason": entry.reason,
                "detail": entry.detail,
                "payload": entry.payload.decode("utf-8", "backslashreplace"),
            }
            print_json(row)
        return
    table = Table("received (UTC)", "topic", "reason", "detail", title=f"{sum(counts.values())} in quarantine")
    for entry in entries:
        received = utc(entry.received_at).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(received, ascii(entry.topic)[1:-1], entry.reason, entry.detail)
    out.print(table)
    for reason, count in sorted(counts.items()):
        out.print(f"{count:8} {reason}", highlight=False)


@app.command()
def enroll(
    file: Annotated[Path, typer.Argument(help="Centre file (TOML); see docs/guides/enroll.md.")],
    settings_file: SettingsFile = None,
) -> None:
    """Make rooms, beds, belts and residents known, as a centre file says; safe to repeat."""
    center, entries = read_center_file(file)
    with open_records(load_settings(settings_file)) as records:
        RecordsRegister(records).enroll(center, entries, SystemClock().now())
    out.print(f"{center.center_id}: {len(entries)} beds enrolled")


@app.command()
def person(
    login: Annotated[str, typer.Argument(help="Login name.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")],
    name: Annotated[str, typer.Option(help="Name, as shown to colleagues.")],
    center: Annotated[str, typer.Option(help="Centre id.")],
    relative: Annotated[list[str] | None, typer.Option(help="Resident id a family member may see; repeat.")] = None,
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="NIGHTBELT_PERSON_PASSWORD")
    ] = "",
    settings_file: SettingsFile = None,
) -> None:
    """Add somebody who may log in, or change them; asks for the password. Signs them out everywhere."""
    if len(password) < MINIMUM_PASSWORD:
        raise ConfigurationError(f"password: at least {MINIMUM_PASSWORD} characters")
    added = Person(
        person_id=f"p-{checked_id('login', login)}",
        login=login,
        name=name,
        role=role,
        password_hash=Passwords().hash(password),
        center_id=center,
        language=language,
        relatives=frozenset(relative or ()),
    )
    with open_records(load_settings(settings_file)) as records:
        RecordsPeople(records).save(added)
    out.print(f"{login}: {role}")


app.command("broker-config")(broker_config)

MINIMUM_PASSWORD = 10
