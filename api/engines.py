"""How the service itself is: for probes and Prometheus. Nothing here tells of a person."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.access import NeedsOrLoopback, Viewer
from api.house import house_of
from api.services import WELL
from domain.errors import NotFoundError
from domain.people import Right

router = APIRouter()


@router.get("/healthz")
def health(request: Request) -> Response:
    """200 when every engine is well, 503 when one is not."""
    engines = house_of(request).services.health()
    well = all(state == WELL for state in engines.values())
    answer = {"status": WELL if well else "degraded", "engines": engines}
    return JSONResponse(answer, status_code=200 if well else 503)


@router.get("/metrics")
def metrics(
    request: Request, viewer: Annotated[Viewer | None, Depends(NeedsOrLoopback(Right.CHANGE_SETTINGS))]
) -> Response:
    """Counts for Prometheus, when there is a registry."""
    registry = house_of(request).services.registry
    if registry is None:
        raise NotFoundError("page", "metrics")
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
