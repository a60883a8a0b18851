"""`nightbelt setup`: makes the engines of a centre ready."""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from domain.errors import ConfigurationError
from nightbelt.settings import Settings, load_settings
from nightbelt.terminal import SettingsFile, out
from storage.influx_server import InfluxServer
from storage.influx_setup import BucketPlan, InfluxSetup

RAW_SHARD_DAYS: Final = 7
MINUTES_SHARD_DAYS: Final = 30

_say = functools.partial(out.print, highlight=False, markup=False, soft_wrap=True)

setup = typer.Typer(help="Make the engines of a centre ready.", no_args_is_help=True)


@setup.callback()
def _group() -> None:
    """Keeps `influx` a command of its own while it is the only one."""


@setup.command()
def influx(
    settings_file: SettingsFile = None,
    admin_token: Annotated[
        str,
        typer.Option(
            envvar="NIGHTBELT_SETUP_TOKEN", help="Token that may create buckets and tokens; user:password on 1.8."
        ),
    ] = "",
    admin_token_file: Annotated[Path | None, typer.Option(help="File that holds it.")] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="Where the service's token goes (mode 0600); printed when left out.")
    ] = None,
    new_token: Annotated[bool, typer.Option("--new-token", help="Replace the service's token.")] = False,
    shorten: Annotated[
        bool, typer.Option("--shorten", help="Shorten retentions, which deletes what is older.")
    ] = False,
) -> None:
    """Make the InfluxDB buckets, their retention and a token for the service; safe to repeat."""
    settings = load_settings(settings_file)
    if not settings.influx_url:
        raise ConfigurationError("influx_url is empty; set it to the address of InfluxDB")
    if admin_token_file is not None:
        admin_token = _read(admin_token_file)
    server = InfluxServer(
        url=settings.influx_url,
        token=admin_token or settings.influx_token.get_secret_value(),
        org=settings.influx_org,
    )
    try:
        made = InfluxSetup(server, shorten=shorten)
        for sentence in made.make(plans(settings)):
            _say(sentence)
        _token(made, settings, token_file, replace=new_token)
    finally:
        server.close()


def plans(settings: Settings) -> list[BucketPlan]:
    """The two buckets that the settings ask for."""
    return [
        BucketPlan(name=settings.influx_bucket, keep_days=settings.readings_raw_days, shard_days=RAW_SHARD_DAYS),
        BucketPlan(
            name=settings.influx_minutes_bucket, keep_days=settings.readings_minutes_days, shard_days=MINUTES_SHARD_DAYS
        ),
    ]


def _token(made: InfluxSetup, settings: Settings, path: Path | None, *, replace: bool) -> None:
    if not made.has_tokens:
        _say(f"InfluxDB {made.version} has no tokens for single buckets; see docs/influxdb.md")
        return
    with _private(path) as keep:
        token = made.issue_token([settings.influx_bucket, settings.influx_minutes_bucket], replace=replace)
        if token is None:
            _say("the service's token was issued earlier; --new-token replaces it")
        else:
            keep(token)


@contextlib.contextmanager
def _private(path: Path | None) -> Iterator[Callable[[str], None]]:
    """Where a secret can be put. The file is opened beforehand, so that no secret is made that cannot be kept."""
    if path is None:
        yield lambda secret: _say(f"influx_token: {secret}")
        return
    draft = path.with_name(f".{path.name}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise ConfigurationError(f"token file {path}: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:

            def keep(secret: str) -> None:
                file.write(f"{secret}\n")
                file.flush()
                os.fsync(descriptor)
                draft.replace(path)
                _say(f"the service's token is in {path}")

            yield keep
    finally:
        draft.unlink(missing_ok=True)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"token file {path}: {error.strerror}") from error
