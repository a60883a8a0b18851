"""The charts of a resident's nights, and the scripts that draw them in a browser."""

import gzip
import json
from datetime import date
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api.access import ANY_ROLE, Needs
from api.charts.drawing import SCRIPT_NAME
from api.house import house_of
from api.report_charts import FORMS, ChartAsked, chart_spec, look_named
from api.viewer import Viewer
from domain.errors import NotFoundError
from domain.people import Right

KEPT_FOR_GOOD: Final = "private, max-age=31536000, immutable"

router = APIRouter()
NightViewer = Annotated[Viewer, Depends(Needs(Right.SEE_ANY_RESIDENT, Right.SEE_OWN_RELATIVE))]
Anybody = Annotated[Viewer, Depends(Needs(*ANY_ROLE))]


@router.get("/residents/{resident_id}/charts/{chart}.{form}")
def resident_chart(
    request: Request,
    viewer: NightViewer,
    resident_id: str,
    chart: str,
    form: Literal["json", "svg", "png"],
    *,
    night: date | None = None,
    other: Annotated[date | None, Query(alias="with")] = None,
    nights: int = 30,
    look: str = "paper",
) -> Response:
    """A chart as a specification for the page's scripts, or drawn."""
    house = house_of(request)
    asked = ChartAsked(name=chart, night=night, other=other, nights=nights, look=look_named(look), hover=form == "json")
    spec = chart_spec(house.services, viewer, resident_id, asked)
    content = json.dumps(spec, ensure_ascii=False).encode() if form == "json" else house.draughtsman.picture(spec, form)
    return Response(content, media_type=FORMS[form])


@router.get("/vega/{name}")
def vega(request: Request, viewer: Anybody, name: str) -> Response:
    """The scripts; the name changes with them."""
    if name != SCRIPT_NAME:
        raise NotFoundError("script", name)
    scripts = house_of(request).draughtsman.zipped_scripts()
    headers = {"Cache-Control": KEPT_FOR_GOOD, "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(gzip.decompress(scripts), media_type="text/javascript", headers=headers)
    return Response(scripts, media_type="text/javascript", headers={**headers, "Content-Encoding": "gzip"})
