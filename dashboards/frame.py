"""What the dashboards share: their uids, the way from one to another, and the frame around the panels."""

from collections.abc import Sequence
from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink, QueryVariable
from grafana_foundation_sdk.models.common import TimeZoneBrowser
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DashboardLinkType, DynamicConfigValue

from dashboards import look, variables

CENTER_UID: Final = "nightbelt-center"
RESIDENT_UID: Final = "nightbelt-resident"
BELTS_UID: Final = "nightbelt-belts"
TAG: Final = "nightbelt"


def dashboard(
    uid: str,
    title: str,
    description: str,
    *,
    variables: Sequence[QueryVariable],
    refresh: str,
    since: str,
) -> Dashboard:
    """An empty dashboard up to now in the reader's time zone, with a way to the others that keeps time and centre."""
    others = DashboardLink("Nightbelt").type(DashboardLinkType.DASHBOARDS).tags([TAG])
    return (
        Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .timezone(TimeZoneBrowser)
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .refresh(refresh)
        .time(since, "now")
        .variables(list(variables))
        .links([others.keep_time(True).include_vars(True)])
    )


def resident_link() -> DynamicConfigValue:
    """A table's column of resident ids that leads to the resident's night, of any room and the same time."""
    where = f"/d/{RESIDENT_UID}?var-{variables.CENTER}=${{{variables.CENTER}}}&var-{variables.ROOM}=%24__all"
    who = f"&var-{variables.RESIDENT}=${{__value.raw}}&${{__url_time_range}}"
    return look.prop("links", [{"title": "The resident's night", "url": where + who}])
