"""The pages of the ward: the board, an alarm, a resident's nights, and the commands of their forms."""

from datetime import date, timedelta
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.datastructures import FormData

from api.access import Needs, posted_form
from api.addresses import local_path
from api.alarms_shown import AlarmWords
from api.board import alarm_shown, board_constants, read_board
from api.bodies import ResolveForm
from api.changes import changes_of, note_settings, note_vitals
from api.charts.drawing import SCRIPT_NAME
from api.commands import acknowledge, document_turn, last_turn, resolve, visible_alarm
from api.consents import consent_values
from api.family import family_night
from api.house import house_of
from api.nights import NightView, bars, marks, read_night, visible_resident
from api.own_levels import own_rows, own_words, read_own_levels
from api.pauses import pause_now, pauses_of
from api.report_charts import TREND_NIGHTS
from api.report_words import insight_words
from api.reports import ReportView, read_report
from api.resident_page import night_insights, report_values, usual_rows
from api.services import Services
from api.settings_form import FIELDS, SettingsForm
from api.stream import event_id_from, live_events
from api.unassigned import unassigned_line
from api.viewer import Viewer
from api.vital_rows import DEFAULTS, LENGTHS, ROWS
from api.vitals_form import VitalsForm, default_words
from api.walk import walk_now
from api.ward import live_values, read_ward
from api.words import board_words
from domain.alarms import Alarm
from domain.people import Right
from domain.residents import Resident

WITH_SCRIPT: Final = "application/json"
SAVED_COOKIE: Final = "nightbelt_saved"
"""Names the form that was stored just now, and its resident, until their page is shown."""
SAVED_KEPT_S: Final = 60
ONE_DAY: Final = timedelta(days=1)

router = APIRouter()
BoardViewer = Annotated[Viewer, Depends(Needs(Right.SEE_BOARD))]
Carer = Annotated[Viewer, Depends(Needs(Right.HANDLE_ALARMS))]
AlarmViewer = Annotated[Viewer, Depends(Needs(Right.SEE_ALARMS))]
NightViewer = Annotated[Viewer, Depends(Needs(Right.SEE_ANY_RESIDENT, Right.SEE_OWN_RELATIVE))]
Chief = Annotated[Viewer, Depends(Needs(Right.CHANGE_SETTINGS))]


@router.get("/")
def board_page(request: Request, viewer: BoardViewer) -> Response:
    """All beds and alarms."""
    house = house_of(request)
    board = read_board(house, viewer)
    constants = {
        **board_constants(house, viewer),
        "last_event_id": board.last_event_id,
        "layout": board.ward.layout,
        "beds": [live_values(bed) for bed in board.latest],
        "zone": str(board.ward.zone),
        "language": viewer.language.tag,
        "words": board_words(viewer.language),
    }
    return page(
        request,
        viewer,
        "board.html",
        board=board,
        zone=board.ward.zone,
        now=board.now,
        constants=constants,
        unassigned=unassigned_line(viewer.language, board.unassigned),
        walk=walk_now(house.services, viewer, board.ward),
    )


@router.get("/live")
async def live(request: Request, viewer: BoardViewer, after: str = "") -> StreamingResponse:
    """Server-sent events for the board; `after`, or the header Last-Event-ID, is the last alarm event it has seen."""
    last_seen = event_id_from(request.headers.get("last-event-id", ""))
    last_seen = event_id_from(after) if last_seen is None else last_seen
    events = live_events(house_of(request), viewer, request, last_seen)
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.get("/alarms/{alarm_id}")
def alarm_page(request: Request, viewer: AlarmViewer, alarm_id: str) -> Response:
    """One alarm with its history."""
    services = house_of(request).services
    alarm = visible_alarm(services, viewer, alarm_id)
    ward = read_ward(services, viewer.center_id)
    words = AlarmWords(services, ward, viewer)
    history = [(event, words.person(event.person_id)) for event in services.book.history(alarm_id)]
    held = [one for one in services.book.open_alarms(viewer.center_id) if one.held_by == alarm_id]
    return page(
        request,
        viewer,
        "alarm.html",
        view=words.view(alarm),
        held_by=words.holder(alarm),
        holds=words.views(held),
        history=history,
        calls=words.calls(alarm_id),
        zone=ward.zone,
        now=services.clock.now(),
        paused=pause_now(services, viewer, ward, alarm.resident_id),
        pauses=[],
    )


@router.post("/alarms/{alarm_id}/acknowledge")
def acknowledge_alarm(
    request: Request,
    viewer: Carer,
    alarm_id: str,
    next: Annotated[str, Form()] = "/",  # noqa: A002  the name of the field
) -> Response:
    """The viewer goes."""
    alarm = acknowledge(house_of(request).services, viewer, alarm_id)
    return handled(request, viewer, alarm, next)


@router.post("/alarms/{alarm_id}/resolve")
def resolve_alarm(request: Request, viewer: Carer, alarm_id: str, found: Annotated[ResolveForm, Form()]) -> Response:
    """The viewer says what they found."""
    alarm = resolve(house_of(request).services, viewer, alarm_id, found.outcome, found.note)
    return handled(request, viewer, alarm, found.next)


@router.get("/residents/{resident_id}")
def resident_page(
    request: Request,
    viewer: NightViewer,
    resident_id: str,
    night: date | None = None,
    nights: int = 30,
    *,
    other: Annotated[date | None, Query(alias="with")] = None,
) -> Response:
    """A resident's night and the nights before; for who may change them, the settings as well. Plainer for a family."""
    services = house_of(request).services
    if not viewer.may(Right.SEE_ANY_RESIDENT):
        return _family(request, viewer, read_report(services, viewer, resident_id, night))
    view = read_night(services, viewer, resident_id, night)
    report = read_report(services, viewer, resident_id, view.night.day)
    more = report_values(services, viewer, report, nights=nights, other=other)
    saved, _, whose = request.cookies.get(SAVED_COOKIE, "").partition(":")
    saved = saved if whose == quote(resident_id, safe="") else ""
    response = _resident(request, viewer, view, more, saved=saved)
    if saved:
        response.delete_cookie(SAVED_COOKIE, path="/residents")
    return response


@router.post("/residents/{resident_id}/settings")
def change_settings(
    request: Request, viewer: Chief, resident_id: str, posted: Annotated[FormData, Depends(posted_form)]
) -> Response:
    """Stores when leaving the bed is told."""
    services = house_of(request).services
    resident, _ = visible_resident(services, viewer, resident_id)
    form = SettingsForm.posted(posted)
    settings = form.settings()
    if settings is None:
        return _refused(request, viewer, resident_id, form=form)
    services.register.set_leave_bed(resident_id, settings)
    note_settings(services, viewer, resident_id, resident.leave_bed, settings)
    return _saved(services, resident_id, "settings")


@router.post("/residents/{resident_id}/vitals")
def change_vitals(
    request: Request, viewer: Chief, resident_id: str, posted: Annotated[FormData, Depends(posted_form)]
) -> Response:
    """Stores when rates, movement, signals and the belt are told; with `defaults`, as Nightbelt has it at first."""
    services = house_of(request).services
    resident, _ = visible_resident(services, viewer, resident_id)
    vitals = VitalsForm.posted(posted, resident.vitals)
    settings = DEFAULTS if "defaults" in posted else vitals.settings(resident.vitals)
    if settings is None:
        return _refused(request, viewer, resident_id, vitals=vitals)
    services.register.set_vitals(resident_id, settings)
    note_vitals(services, viewer, resident_id, resident.vitals, settings)
    return _saved(services, resident_id, "vitals")


@router.post("/residents/{resident_id}/turns")
def turn_resident(request: Request, viewer: Carer, resident_id: str) -> Response:
    """The viewer has turned the resident just now."""
    document_turn(house_of(request).services, viewer, resident_id)
    return RedirectResponse(f"/residents/{quote(resident_id, safe='')}#care", status_code=303)


def page(request: Request, viewer: Viewer, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page with what every page has."""
    house = house_of(request)
    common = {"request": request, "viewer": viewer, "services": house.services, "csrf": viewer.session.csrf}
    return HTMLResponse(house.render(viewer.language, template, **common, **values), status_code=status)


def _saved(services: Services, resident_id: str, form: str) -> Response:
    """After settings were stored: the watch learns of it, the page says it once."""
    services.on_register_changed()
    name = quote(resident_id, safe="")
    response = RedirectResponse(f"/residents/{name}#{form}", status_code=303)
    response.set_cookie(
        SAVED_COOKIE,
        f"{form}:{name}",
        max_age=SAVED_KEPT_S,
        path="/residents",
        secure=services.secure_cookies,
        httponly=True,
        samesite="lax",
    )
    return response


def _refused(
    request: Request,
    viewer: Viewer,
    resident_id: str,
    *,
    form: SettingsForm | None = None,
    vitals: VitalsForm | None = None,
) -> Response:
    services = house_of(request).services
    view = read_night(services, viewer, resident_id, None)
    report = read_report(services, viewer, resident_id, view.night.day)
    more = report_values(services, viewer, report, nights=TREND_NIGHTS[1], other=None)
    return _resident(request, viewer, view, more, form=form, vitals=vitals, status=422)


def _resident(
    request: Request,
    viewer: Viewer,
    view: NightView,
    more: dict[str, Any],
    *,
    form: SettingsForm | None = None,
    vitals: VitalsForm | None = None,
    saved: str = "",
    status: int = 200,
) -> Response:
    """The page; its forms as they were typed, else as it is stored. `saved` names the form that was stored just now."""
    services = house_of(request).services
    own = read_own_levels(services, viewer, view.resident.resident_id)
    return page(
        request,
        viewer,
        "resident.html",
        status=status,
        view=view,
        zone=view.ward.zone,
        bars=bars(view.night, view.glance),
        marks=marks(view.night),
        form=form or SettingsForm.showing(view.resident.leave_bed),
        fields=FIELDS,
        vitals=vitals or VitalsForm.showing(view.resident.vitals),
        vital_rows=ROWS,
        vital_lengths=LENGTHS,
        default_words=default_words,
        saved=saved,
        now=services.clock.now(),
        own=own,
        own_words=own_words(own, viewer.language),
        own_rows=own_rows(own, viewer.language),
        paused=pause_now(services, viewer, view.ward, view.resident.resident_id),
        pauses=pauses_of(services, viewer, view.resident.resident_id, view.night.noon_at),
        changes=changes_of(services, viewer, view.resident.resident_id),
        turned=last_turn(services, view.resident.resident_id) if viewer.may("handle_alarms") else None,
        others=_others(request, viewer, view.resident),
        one_day=ONE_DAY,
        **consent_values(services, viewer, view),
        **more,
    )


def _family(request: Request, viewer: Viewer, view: ReportView) -> Response:
    services = house_of(request).services
    return page(
        request,
        viewer,
        "family.html",
        view=view,
        told=family_night(services, viewer.language, view),
        vega=SCRIPT_NAME,
        usual_rows=usual_rows(view, viewer.language),
        insights=[insight_words(one, viewer.language) for one in night_insights(view)],
        others=_others(request, viewer, view.resident),
        one_day=ONE_DAY,
    )


def _others(request: Request, viewer: Viewer, shown: Resident) -> list[Resident]:
    """The other residents whom a family may see."""
    register = house_of(request).services.register
    return [register.resident(other) for other in sorted(viewer.person.relatives - {shown.resident_id})]


def handled(request: Request, viewer: Viewer, alarm: Alarm, next_path: str) -> Response:
    """The new card for a script, a redirect for a form."""
    if request.headers.get("accept") != WITH_SCRIPT:
        return RedirectResponse(local_path(next_path) or "/", status_code=303)
    house = house_of(request)
    ward = read_ward(house.services, viewer.center_id)
    view = AlarmWords(house.services, ward, viewer).view(alarm)
    return JSONResponse(alarm_shown(house, viewer, ward, view))
