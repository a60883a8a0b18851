"""The data sources of the dashboards, by the uids that provisioning, dashboards and push share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from grafana_foundation_sdk.models.dashboard import DataSourceRef


class SourceType(StrEnum):
    """Grafana's name of a data source's kind."""

    INFLUXDB = "influxdb"
    POSTGRES = "postgres"


RECORDS: Final = "nightbelt-records"
"""PostgreSQL: residents, beds, alarms, belts' states."""
READINGS: Final = "nightbelt-readings"
"""InfluxDB in InfluxQL mode: raw readings."""
MINUTES: Final = "nightbelt-minutes"
"""InfluxDB in InfluxQL mode: readings by the minute."""

MIXED: Final = "-- Mixed --"
"""Grafana's own: every query of the panel names its data source."""

OLDEST_POSTGRES: Final = 1500
"""15, as Grafana writes it: what the queries may use."""

SOURCE_TYPES: Final = {
    RECORDS: SourceType.POSTGRES,
    READINGS: SourceType.INFLUXDB,
    MINUTES: SourceType.INFLUXDB,
}


def source(uid: str) -> DataSourceRef:
    """The reference to one of the data sources, or to MIXED."""
    return DataSourceRef(type_val=SOURCE_TYPES.get(uid), uid=uid)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """A data source as Grafana is told of it; `secret` never comes back from it."""

    uid: str
    name: str
    url: str
    user: str = ""
    settings: Mapping[str, str | int]
    secret: Mapping[str, str] = field(repr=False)

    def public(self) -> dict[str, Any]:
        """All but the secrets, as Grafana's HTTP API writes it."""
        return {
            "uid": self.uid,
            "name": self.name,
            "type": SOURCE_TYPES[self.uid],
            "access": "proxy",
            "url": self.url,
            "user": self.user,
            "jsonData": dict(self.settings),
        }


def influx_sources(*, url: str, token: str, bucket: str, minutes_bucket: str) -> list[DataSource]:
    """Both buckets of an InfluxDB in InfluxQL mode; `token` had better be one that may only read, empty is none."""
    asked = {"version": "InfluxQL", "httpMode": "POST"} | ({"httpHeaderName1": "Authorization"} if token else {})
    return [
        DataSource(
            uid=uid,
            name=name,
            url=url,
            settings={**asked, "dbName": database},
            secret={"httpHeaderValue1": f"Token {token}"} if token else {},
        )
        for uid, name, database in (
            (READINGS, "Nightbelt readings", bucket),
            (MINUTES, "Nightbelt minutes", minutes_bucket),
        )
    ]


def records_source(*, host: str, port: int, database: str, user: str, password: str, sslmode: str) -> DataSource:
    """A PostgreSQL; `user` had better be the role of deploy/grafana_role.sql."""
    return DataSource(
        uid=RECORDS,
        name="Nightbelt records",
        url=f"{host}:{port}",
        user=user,
        settings={"database": database, "sslmode": sslmode, "postgresVersion": OLDEST_POSTGRES},
        secret={"password": password},
    )
