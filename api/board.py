"""The board as one query: the page, the JSON and the live stream all show this."""

from dataclasses import dataclass
from typing import Any, Final

from api.alarms_shown import AlarmView, AlarmWords, unfinished_alarms
from api.house import House
from api.services import Services
from api.unassigned import unassigned_belts, unassigned_line
from api.viewer import Viewer
from api.ward import (
    RATE_KEPT_MS,
    BedStatus,
    BedView,
    Ward,
    age_shown_ms,
    bed_views,
    fast_slack_ms,
    live_values,
    read_ward,
    stale_after_ms,
)
from api.words import RULES
from domain.alarms import Alarm
from domain.live import BedNow, UnassignedBelt
from domain.people import Right
from domain.units import MINUTE_MS

SIGN_IN_AGAIN_MS: Final = 30 * MINUTE_MS
"""How long before the end of the session the board asks to sign in again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything a board shows at `now`."""

    now: int
    ward: Ward
    beds: list[BedView]
    alarms: list[AlarmView]
    held: list[AlarmView]
    unfinished: list[AlarmView]
    latest: tuple[BedNow, ...]
    unassigned: list[UnassignedBelt]
    last_event_id: int
    age_shown_ms: int

    @property
    def silent(self) -> int:
        """How many beds ought to report and do not: no alarm can be raised for who lies there."""
        return sum(bed.status is BedStatus.SILENT for bed in self.beds)

    @property
    def watched(self) -> int:
        """How many beds have a resident and a belt."""
        return sum(bed.resident_id is not None and bed.belt_id is not None for bed in self.beds)


def read_board(house: House, viewer: Viewer) -> Board:
    """What stands now. `last_event_id` is read first, so that everything up to it is in the rest."""
    services = house.services
    last_event_id = services.book.last_event_id()
    ward = read_ward(services, viewer.center_id)
    words = AlarmWords(services, ward, viewer)
    now = services.clock.now()
    standing = words.views(services.book.open_alarms(viewer.center_id))
    latest = tuple(bed for bed in services.latest() if bed.belt_id in ward.by_belt)
    return Board(
        now=now,
        ward=ward,
        beds=bed_views(ward, latest, now, stale_after_ms(services)),
        alarms=[view for view in standing if view.shelf == "open"],
        held=[view for view in standing if view.shelf == "held"],
        unfinished=words.views(_unfinished(services, viewer)),
        latest=latest,
        unassigned=unassigned_belts(services, viewer, now),
        last_event_id=last_event_id,
        age_shown_ms=age_shown_ms(services),
    )


def board_constants(house: House, viewer: Viewer) -> dict[str, Any]:
    """What the scripts need to let times run on by themselves."""
    services = house.services
    return {
        "now": services.clock.now(),
        "speed": services.clock_speed,
        "stale_after_ms": stale_after_ms(services),
        "age_shown_ms": age_shown_ms(services),
        "rate_kept_ms": RATE_KEPT_MS + fast_slack_ms(services),
        "alarms_at_risk": services.alarms_at_risk,
        "session_ends_at": viewer.session.expires_at,
        "session_warning_ms": services.lived(SIGN_IN_AGAIN_MS),
    }


def snapshot(house: House, viewer: Viewer, board: Board) -> dict[str, Any]:
    """The whole board for its scripts."""
    return {
        **board_constants(house, viewer),
        "last_event_id": board.last_event_id,
        "layout": board.ward.layout,
        "beds_html": house.render(viewer.language, "_beds.html", board=board, live=True),
        "beds": [live_values(bed) for bed in board.latest],
        "alarms": [alarm_shown(house, viewer, board.ward, view) for view in (*board.alarms, *board.unfinished)],
        "unassigned": unassigned_line(viewer.language, board.unassigned),
    }


def alarm_shown(house: House, viewer: Viewer, ward: Ward, view: AlarmView) -> dict[str, Any]:
    """An alarm for the board's scripts: where it belongs, and its card ready to be shown."""
    shelf = view.shelf if view.shelf == "open" or viewer.may(Right.HANDLE_ALARMS) else "done"
    template = "_alarm.html" if shelf == "open" else "_unfinished.html"
    now, csrf = house.services.clock.now(), viewer.session.csrf
    return {
        "alarm_id": view.alarm.alarm_id,
        "shelf": shelf,
        "progress": view.progress,
        "order": view.order,
        "state": view.state,
        "priority": view.alarm.priority,
        "resident_id": view.alarm.resident_id,
        "say": spoken(viewer, view),
        "html": house.render(viewer.language, template, view=view, viewer=viewer, zone=ward.zone, now=now, csrf=csrf),
    }


def spoken(viewer: Viewer, view: AlarmView) -> str:
    """The alarm as a screen reader says it."""
    say = viewer.language.say
    if view.alarm.of_center:
        return say("%(what)s. The whole centre.", what=say(RULES[view.alarm.rule]))
    return say(
        "%(what)s. Room %(room)s, bed %(bed)s, %(who)s.",
        what=say(RULES[view.alarm.rule]),
        room=view.room,
        bed=view.bed,
        who=view.resident,
    )


def _unfinished(services: Services, viewer: Viewer) -> list[Alarm]:
    """What waits for an outcome, for who may give one."""
    if not viewer.may(Right.HANDLE_ALARMS):
        return []
    return unfinished_alarms(services, viewer.center_id)
