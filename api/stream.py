"""The live stream of one board: server-sent events, from the alarm book's past into the hub's present.

Order: subscribe, replay what the browser missed, the whole board, then what happens. Whatever happens in between is
sent as well, perhaps twice; the board never lets an older view of an alarm replace a newer one.
Fails towards telling a person: a stream that may be incomplete ends, and the board then says that its link is lost.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from api.access import find_session
from api.alarms_shown import AlarmWords
from api.board import alarm_shown, read_board, snapshot
from api.house import House
from api.live import Feed
from api.unassigned import unassigned_belts, unassigned_line
from api.viewer import Viewer
from api.ward import Ward, live_values, read_ward
from domain.alarms import AlarmEvent
from domain.errors import UnavailableError
from domain.live import BedNow
from domain.people import Right

HEARTBEAT_S: Final = 3.0
"""Real seconds between heartbeats; the board takes 8 s of silence for a lost link."""
REPLAY_MOST: Final = 500
"""Events that are replayed to a browser; the board that follows says the rest."""
LONGEST_ID: Final = 18
"""Digits of an event id that fits every engine's integers."""
RETRY_MS: Final = 1000


def sse(event: str, data: object, event_id: int | None = None) -> str:
    """One server-sent event."""
    head = "" if event_id is None else f"id: {event_id}\n"
    return f"{head}event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def event_id_from(text: str) -> int | None:
    """The event id that a browser sent; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else None


async def live_events(house: House, viewer: Viewer, request: Request, after: int | None) -> AsyncIterator[str]:
    """Everything the viewer's board has to be told, until the session or the server ends."""
    stream = _Stream(house, viewer, request)
    with house.services.hub.subscribe() as feed:
        yield f"retry: {RETRY_MS}\n\n"
        for event in await stream.missed(after):
            yield event
        yield await stream.board()
        async for event in stream.follow(feed):
            yield event


class _Stream:
    def __init__(self, house: House, viewer: Viewer, request: Request) -> None:
        self._house = house
        self._viewer = viewer
        self._request = request
        self._ward: Ward | None = None
        self._unassigned = ""
        self._told_up_to = 0
        self._told: set[int] = set()

    async def missed(self, after: int | None) -> list[str]:
        """The latest of the alarm events after `after`, oldest first."""
        return [] if after is None else await run_in_threadpool(self._missed, after)

    async def board(self) -> str:
        return await run_in_threadpool(self._board)

    async def follow(self, feed: Feed) -> AsyncIterator[str]:
        loop = asyncio.get_running_loop()
        beat_at = loop.time()
        while True:
            parcel = await feed.next(max(0.0, beat_at - loop.time()))
            if parcel.alarms:
                for event in await run_in_threadpool(self._alarm_events, parcel.alarms):
                    yield event
            if parcel.beds:
                yield self._beds(parcel.beds)
            if parcel.closed:
                return
            beats = loop.time() >= beat_at
            if beats:
                beat_at = loop.time() + HEARTBEAT_S
                yield self._heartbeat()
            if beats or parcel.ward:
                news = await run_in_threadpool(self._look_around)
                if news is None:
                    yield sse("goodbye", {"why": "signed out"})
                    return
                for event in news:
                    yield event

    def _heartbeat(self) -> str:
        services = self._house.services
        return sse("heartbeat", {"now": services.clock.now(), "alarms_at_risk": services.alarms_at_risk})

    def _board(self) -> str:
        board = read_board(self._house, self._viewer)
        self._ward = board.ward
        self._unassigned = unassigned_line(self._viewer.language, board.unassigned)
        self._told_up_to = board.last_event_id
        return sse("snapshot", snapshot(self._house, self._viewer, board), board.last_event_id)

    def _missed(self, after: int) -> list[str]:
        book = self._house.services.book
        after = max(after, book.last_event_id() - REPLAY_MOST)
        return self._alarm_events(book.events_after(after, limit=REPLAY_MOST))

    def _look_around(self) -> list[str] | None:
        """None when the session is over, else what has to be said: the new board when beds or residents changed."""
        try:
            known = find_session(self._house, self._request)
            if known is None or not known[1].may(Right.SEE_BOARD):
                return None
            session, person = known
            self._viewer = replace(self._viewer, session=session, person=person)
            ward = read_ward(self._house.services, self._viewer.center_id)
            changed = self._ward is None or ward.layout != self._ward.layout
            return [self._board()] if changed else [*self._unassigned_now(), *self._untold()]
        except UnavailableError:
            return []

    def _unassigned_now(self) -> list[str]:
        """The line about belts by which nobody is watched, when it says something else now."""
        services, viewer = self._house.services, self._viewer
        line = unassigned_line(viewer.language, unassigned_belts(services, viewer, services.clock.now()))
        told, self._unassigned = self._unassigned, line
        return [] if line == told else [sse("unassigned", {"line": line})]

    def _untold(self) -> list[str]:
        """The events that stand in the book and were not published: a crash or a fault lay in between."""
        book = self._house.services.book
        if book.last_event_id() <= self._told_up_to:
            return []
        events = book.events_after(self._told_up_to, limit=REPLAY_MOST)
        shown = self._alarm_events([event for event in events if event.event_id not in self._told])
        self._told_up_to = max((event.event_id for event in events), default=self._told_up_to)
        self._told = {event_id for event_id in self._told if event_id > self._told_up_to}
        return shown

    def _alarm_events(self, events: list[AlarmEvent] | tuple[AlarmEvent, ...]) -> list[str]:
        mine = [event for event in events if event.alarm.center_id == self._viewer.center_id]
        if not mine:
            return []
        ward = self._ward or read_ward(self._house.services, self._viewer.center_id)
        words = AlarmWords(self._house.services, ward, self._viewer)
        shown = [sse("alarm", self._alarm(event, words, ward), event.event_id) for event in mine]
        self._told.update(event.event_id for event in mine)
        return shown

    def _alarm(self, event: AlarmEvent, words: AlarmWords, ward: Ward) -> dict[str, Any]:
        shown = alarm_shown(self._house, self._viewer, ward, words.view(event.alarm))
        return {**shown, "event_id": event.event_id, "kind": event.kind}

    def _beds(self, beds: tuple[BedNow, ...]) -> str:
        known = self._ward.by_belt if self._ward else {}
        return sse("beds", {"beds": [live_values(bed) for bed in beds if bed.belt_id in known]})
