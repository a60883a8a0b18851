"""The roster: who is on duty this week, for everybody of the staff to see and for the lead to change."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from api.access import Needs, Viewer
from api.house import house_of
from api.pages import page
from api.roster import POSTS, change_post, read_roster
from domain.people import Right
from domain.roster import Post, Swap

router = APIRouter()
BoardViewer = Annotated[Viewer, Depends(Needs(Right.SEE_BOARD))]
Planner = Annotated[Viewer, Depends(Needs(Right.CHANGE_ROSTER))]


class PostForm(BaseModel):
    """Who gets a post on a shift; an empty `person` leaves it to nobody."""

    shift: str
    day: date
    post: Post
    person: str = ""
    each_week: bool = False


class DutyBody(BaseModel):
    """Who has each post now: person ids."""

    a: list[str]
    b: list[str]
    lead: list[str]


@router.get("/roster")
def roster_page(request: Request, viewer: BoardViewer, week: date | None = None) -> Response:
    """A week of shifts and posts."""
    view = read_roster(house_of(request).services, viewer, week)
    return page(request, viewer, "roster.html", view=view, posts=POSTS, one_week=timedelta(days=7), zone=view.ward.zone)


@router.post("/roster")
def change_roster(request: Request, viewer: Planner, given: Annotated[PostForm, Form()]) -> Response:
    """Somebody else has a post, on one day or each week."""
    change = Swap(shift_id=given.shift, day=given.day, post=given.post, person_id=given.person)
    change_post(house_of(request).services, viewer, change, each_week=given.each_week)
    return RedirectResponse(f"/roster?week={given.day}", status_code=303)


@router.get("/api/duty")
def duty(request: Request, viewer: BoardViewer) -> DutyBody:
    """Who is on duty now."""
    now = read_roster(house_of(request).services, viewer, None).now
    return DutyBody(a=list(now.on(Post.A)), b=list(now.on(Post.B)), lead=list(now.on(Post.LEAD)))
