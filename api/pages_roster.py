"""The roster: who is on duty this week, for everybody of the staff to see and for the lead to change."""

from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from api.access import Needs
from api.house import house_of
from api.pages import page
from api.roster import POSTS, change_post, read_roster
from api.viewer import Viewer
from domain.people import Right
from domain.roster import Post, Swap

NOBODY: Final = "nobody"
"""Never a person's id: those begin with `p-`."""
router = APIRouter()
BoardViewer = Annotated[Viewer, Depends(Needs(Right.SEE_BOARD))]
Planner = Annotated[Viewer, Depends(Needs(Right.CHANGE_ROSTER))]


class PostForm(BaseModel):
    """Who gets a post on a shift. That it is `NOBODY` has to be chosen: a form sent too early empties no post."""

    shift: str
    day: date
    post: Post
    person: Annotated[str, Field(min_length=1)]
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
    return page(
        request,
        viewer,
        "roster.html",
        view=view,
        posts=POSTS,
        nobody=NOBODY,
        one_week=timedelta(days=7),
        zone=view.ward.zone,
    )


@router.post("/roster")
def change_roster(request: Request, viewer: Planner, given: Annotated[PostForm, Form()]) -> Response:
    """Somebody else has a post, on one day or each week."""
    person_id = "" if given.person == NOBODY else given.person
    change = Swap(shift_id=given.shift, day=given.day, post=given.post, person_id=person_id)
    change_post(house_of(request).services, viewer, change, each_week=given.each_week)
    return RedirectResponse(f"/roster?week={given.day}", status_code=303)


@router.get("/api/duty")
def duty(request: Request, viewer: BoardViewer) -> DutyBody:
    """Who is on duty now."""
    now = read_roster(house_of(request).services, viewer, None).now
    return DutyBody(a=list(now.on(Post.A)), b=list(now.on(Post.B)), lead=list(now.on(Post.LEAD)))
