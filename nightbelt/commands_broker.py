"""`nightbelt broker-config`: what a broker needs so that each belt can publish under its own id only."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Annotated, Final

import typer

from domain.clock import SystemClock
from domain.errors import ConfigurationError
from domain.residents import ID_PATTERN
from ingest.decoder import Decoder
from ingest.profiles.loading import Profile, load_profiles
from ingest.profiles.topics import subscription
from ingest.source import READINGS_FILTER
from ingest.statuses import STATUS_FILTER
from nightbelt.broker_files import (
    Listener,
    Permissions,
    mosquitto_acl,
    mosquitto_conf,
    mosquitto_passwords,
    nats_conf,
    nats_logins,
)
from nightbelt.broker_logins import BrokerLogins, read_logins
from nightbelt.secret_files import PUBLIC, SECRET, write_file
from nightbelt.settings import load_settings
from nightbelt.terminal import SettingsFile, open_records, out
from storage.records_register import RecordsRegister

LOGINS_NAME: Final = "logins.toml"
SERVICE_FILE_NAME: Final = "service_password"
SERVICE_LOGIN: Final = "nightbelt"
PLAIN_PORT: Final = 1883
TLS_PORT: Final = 8883
LOOPBACK: Final = "127.0.0.1"
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - belts come from the network; they come over TLS and log in


class BrokerKind(StrEnum):
    """Brokers that can be configured."""

    MOSQUITTO = "mosquitto"
    NATS = "nats"


def broker_config(
    kind: Annotated[BrokerKind, typer.Argument(help="The broker to write for.")],
    directory: Annotated[Path, typer.Option("--out", help="Directory to write to; made when missing.")],
    gateway: Annotated[list[str] | None, typer.Option(help="A login that speaks for all belts; repeat.")] = None,
    listener: Annotated[list[str] | None, typer.Option(help="A login that hears alarms; repeat.")] = None,
    cert_file: Annotated[Path | None, typer.Option(help="The broker's certificate, which makes it speak TLS.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="The key of the certificate.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; all with TLS, loopback without.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port; 8883 with TLS, 1883 without.")] = None,
    seen_as: Annotated[Path | None, typer.Option(help="Where a broker in a container sees the directory.")] = None,
    settings_file: SettingsFile = None,
) -> None:
    """Settings, logins and permissions for a broker: each enrolled belt publishes under its own id only.

    Run it again after belts came or went: passwords stay, and the broker has to read its files anew.
    """
    if (cert_file is None) != (key_file is None):
        raise ConfigurationError("--cert-file and --key-file: give both, or none")
    settings = load_settings(settings_file)
    with open_records(settings) as records:
        places = RecordsRegister(records).places(SystemClock().now())
    centers = {place.belt_id: place.center.center_id for place in places if place.belt_id is not None}
    if not centers:
        raise ConfigurationError("no belt is enrolled; see `nightbelt enroll`")
    service = settings.mqtt_username or SERVICE_LOGIN
    logins = _logins(directory, service, gateway or [], listener or [], centers)
    address = Listener(
        host=host or (EVERYWHERE if cert_file else LOOPBACK),
        port=port or (TLS_PORT if cert_file else PLAIN_PORT),
        cert_file=cert_file if seen_as else cert_file and cert_file.absolute(),
        key_file=key_file if seen_as else key_file and key_file.absolute(),
    )
    profiles = load_profiles(settings.profiles, settings.profiles_dir)
    filters = [READINGS_FILTER, *Decoder(profiles).topic_filters, STATUS_FILTER]
    foreign = [topic for profile in profiles for topic in _publishable(profile)]
    permissions = Permissions(logins=logins, centers=centers, filters=filters, foreign=foreign)
    changed = _write(kind, directory, address, permissions, seen_as or directory.absolute())
    out.print(f"{len(logins.belts)} belts, {len(logins.gateways)} gateways: {', '.join(changed) or 'nothing'} changed")
    out.print(f"passwords: {directory / LOGINS_NAME}", highlight=False)


def _logins(
    directory: Path, service: str, gateways: list[str], listeners: list[str], centers: Mapping[str, str]
) -> BrokerLogins:
    """The logins there are to be; kept before anything else, so that no password is ever drawn twice."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "data").mkdir(exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"directory {directory} cannot be written: {error.strerror}") from error
    path = directory / LOGINS_NAME
    kept = read_logins(path) if path.exists() else BrokerLogins()
    logins = kept.renewed(service=service, gateways=gateways, belts=centers, listeners=listeners)
    write_file(path, logins.as_toml())
    write_file(directory / SERVICE_FILE_NAME, logins.service[service])
    return logins


def _publishable(profile: Profile) -> list[str]:
    """The profile's topics; with the belt's id in it where nothing but that level says whose a reading is."""
    belt = profile.file.belt
    renamed = belt.prefix or belt.side or any(ID_PATTERN.fullmatch(f"x{letters}") for letters in belt.replace)
    by_topic = not belt.path and not renamed
    filters = [topic.filter.replace("{field}", "+") for topic in profile.file.topics]
    return filters if by_topic else [subscription(topic_filter) for topic_filter in filters]


def _write(
    kind: BrokerKind, directory: Path, listener: Listener, permissions: Permissions, seen_as: PurePath
) -> list[str]:
    """Write the broker's files; returns the names of those that changed."""
    match kind:
        case BrokerKind.MOSQUITTO:
            files = [
                ("mosquitto.conf", mosquitto_conf(listener, seen_as), PUBLIC),
                ("password_file", mosquitto_passwords(permissions.logins), SECRET),
                ("acl_file", mosquitto_acl(permissions), SECRET),
            ]
        case BrokerKind.NATS:
            files = [
                ("nats.conf", nats_conf(listener, seen_as, subscriptions=len(permissions.filters) - 1), PUBLIC),
                ("logins.conf", nats_logins(permissions), SECRET),
            ]
    return [name for name, text, mode in files if write_file(directory / name, text, mode)]
