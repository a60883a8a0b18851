"""`nightbelt dashboards`: the Grafana dashboards as files, and into a running Grafana."""

from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from dashboards.build import built, model, write
from dashboards.grafana_server import GrafanaServer
from dashboards.push import Done, Push
from dashboards.sources import DataSource, influx_sources, records_source
from domain.errors import ConfigurationError
from nightbelt.settings import Settings, load_settings
from nightbelt.terminal import SettingsFile, out

SSL_MODES: Final = ("disable", "require", "verify-ca", "verify-full")
"""What Grafana's PostgreSQL data source knows; without a word `require`."""
_POSTGRES_PORT: Final = 5432
_WOULD: Final = {Done.CREATED: "would create", Done.UPDATED: "would update", Done.UNCHANGED: "unchanged"}

dashboards_app = typer.Typer(
    name="dashboards", help="The Grafana dashboards: as files, and into a running Grafana.", no_args_is_help=True
)


@dashboards_app.command()
def build(out_directory: Annotated[Path, typer.Option("--out", help="Directory to write the JSON files to.")]) -> None:
    """Write the dashboards as JSON files, for Grafana's provisioning or its import page."""
    for path in write(out_directory):
        out.print(str(path), highlight=False)


@dashboards_app.command()
def push(
    url: Annotated[str, typer.Option(help="Grafana's address; over the setting grafana_url.")] = "",
    token_file: Annotated[Path | None, typer.Option(help="File with the token; over grafana_token.")] = None,
    ca_file: Annotated[Path | None, typer.Option(help="Certificates to trust in place of the usual ones.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be done, and change nothing.")] = False,
    data_sources: Annotated[bool, typer.Option(help="Data sources as well; without, Grafana must have them.")] = True,
    renew_secrets: Annotated[
        bool, typer.Option("--renew-secrets", help="Write the data sources' secrets even where nothing else changed.")
    ] = False,
    settings_file: SettingsFile = None,
) -> None:
    """Put folder, data sources and dashboards into a running Grafana; safe to repeat."""
    settings = load_settings(settings_file)
    address = url or settings.grafana_url
    if not address:
        raise ConfigurationError("no Grafana is named; set grafana_url (NIGHTBELT_GRAFANA_URL) or --url")
    sources = sources_of(settings) if data_sources else []
    grafana = GrafanaServer(address, _token(settings, token_file), ca_file=_readable(ca_file))
    counts: Counter[str] = Counter()
    with closing(grafana):
        for item in Push(grafana, dry_run=dry_run, renew_secrets=renew_secrets).run(sources, [*map(model, built())]):
            done = _WOULD[item.done] if dry_run else str(item.done)
            counts[done] += 1
            out.print(f"{done:<12}  {item.kind:<11}  {item.name}", highlight=False)
    out.print(f"{address}: " + ", ".join(f"{count} {done}" for done, count in counts.items()), highlight=False)


def sources_of(settings: Settings) -> list[DataSource]:
    """The data sources as Grafana reaches them. ConfigurationError when an engine is not named, or is none of these."""
    influx_url = settings.grafana_influx_url or settings.influx_url
    if not influx_url:
        raise ConfigurationError(
            "no InfluxDB for Grafana to read; set grafana_influx_url or influx_url, or push with --no-data-sources"
        )
    token = settings.grafana_influx_token.get_secret_value() or settings.influx_token.get_secret_value()
    return [
        _records_source(settings.grafana_records_url.get_secret_value() or settings.records_url),
        *influx_sources(
            url=influx_url,
            token=token,
            bucket=settings.influx_bucket,
            minutes_bucket=settings.influx_minutes_bucket,
        ),
    ]


def _records_source(url: str) -> DataSource:
    """The address may hold a password: no message shows it."""
    try:
        parts = make_url(url) if url else None
    except (ArgumentError, ValueError):
        parts = None
    if parts is None or parts.get_backend_name() != "postgresql" or not (parts.host and parts.database):
        raise ConfigurationError(
            "no PostgreSQL for Grafana to read; set grafana_records_url or records_url to postgresql://user:password"
            "@host/database, or push with --no-data-sources"
        )
    sslmode = str(parts.query.get("sslmode", "require"))
    if sslmode not in SSL_MODES:
        raise ConfigurationError(f"grafana_records_url: sslmode {sslmode!r}: Grafana knows {', '.join(SSL_MODES)}")
    return records_source(
        host=parts.host,
        port=parts.port or _POSTGRES_PORT,
        database=parts.database,
        user=parts.username or "",
        password=parts.password or "",
        sslmode=sslmode,
    )


def _token(settings: Settings, token_file: Path | None) -> str:
    token = settings.grafana_token.get_secret_value()
    if token_file is not None:
        try:
            token = token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"token file {token_file} cannot be read: {error}") from error
    if not token or not token.isascii() or not token.isprintable():
        raise ConfigurationError("no token for Grafana; set grafana_token (NIGHTBELT_GRAFANA_TOKEN) or --token-file")
    return token


def _readable(path: Path | None) -> str | None:
    if path is not None and not path.is_file():
        raise ConfigurationError(f"certificate file {path}: there is no such file")
    return None if path is None else str(path)
