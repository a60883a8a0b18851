"""The data sources of the dashboards, by the uids that provisioning, dashboards and push share."""

from enum import StrEnum
from typing import Final

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

SOURCE_TYPES: Final = {
    RECORDS: SourceType.POSTGRES,
    READINGS: SourceType.INFLUXDB,
    MINUTES: SourceType.INFLUXDB,
}


def source(uid: str) -> DataSourceRef:
    """The reference to one of the data sources, or to MIXED."""
    return DataSourceRef(type_val=SOURCE_TYPES.get(uid), uid=uid)
