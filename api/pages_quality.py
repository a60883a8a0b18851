"""The quality of alarms as a page and as JSON."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api import quality_bars, quality_words
from api.access import Needs
from api.house import house_of
from api.pages import page
from api.quality import MAX_NIGHTS, NIGHTS, NIGHTS_OFFERED, QualityView, read_quality
from api.quality_body import QualityBody
from api.viewer import Viewer
from domain.people import Right

router = APIRouter()
Judge = Annotated[Viewer, Depends(Needs(Right.SEE_QUALITY))]
Days = Annotated[int, Query(ge=1, le=MAX_NIGHTS)]
From = Annotated[date | None, Query(alias="from")]


@router.get("/quality")
def quality_page(
    request: Request, viewer: Judge, days: Days = NIGHTS, first: From = None, to: date | None = None
) -> Response:
    """How good the alarms of the last nights were."""
    view = _read(request, viewer, days, first, to)
    return page(
        request,
        viewer,
        "quality.html",
        view=view,
        quality=view.quality,
        bars=quality_bars,
        said=quality_words,
        offered=NIGHTS_OFFERED,
    )


@router.get("/api/quality")
def quality(
    request: Request, viewer: Judge, days: Days = NIGHTS, first: From = None, to: date | None = None
) -> QualityBody:
    """The same as JSON: the last `days` nights, or those from `from` to `to`."""
    view = _read(request, viewer, days, first, to)
    return QualityBody.of(viewer.center_id, view.quality, [one.finding for one in view.findings])


def _read(request: Request, viewer: Viewer, days: int, first: date | None, last: date | None) -> QualityView:
    services = house_of(request).services
    return read_quality(services, viewer, days=days, first=first, last=last)
