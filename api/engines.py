"""How the service itself is: for probes and Prometheus. Nothing here tells of a person."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.access import NeedsOrLoopback
from api.house import house_of
from api.services import WELL
from api.viewer import Viewer
from domain.errors import NotFoundError
from domain.people import Right

KEPT = "spooling"
"""Not well, but nothing is lost and alarms go on: the readings wait here until their store takes them again."""
router = APIRouter()


@router.get("/healthz")
def health(request: Request) -> Response:
    """200 when every engine is well or its work is kept for it, 503 when one is not.

    A probe restarts what answers 503, which is in vain while a database elsewhere is away.
    """
    states = house_of(request).services.health()
    answer = {"status": WELL if set(states.values()) <= {WELL} else "degraded", "engines": states}
    return JSONResponse(answer, status_code=200 if set(states.values()) <= {WELL, KEPT} else 503)


@router.get("/metrics")
def metrics(
    request: Request, viewer: Annotated[Viewer | None, Depends(NeedsOrLoopback(Right.CHANGE_SETTINGS))]
) -> Response:
    """Counts for Prometheus, when there is a registry."""
    registry = house_of(request).services.registry
    if registry is None:
        raise NotFoundError("page", "metrics")
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
