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

from api.access import Viewer, find_session
from api.alarms_shown import AlarmWords
from api.board import alarm_shown, read_board, snapshot
from api.house import House
from api.live import Feed
from api.ward import Ward, live_values, read_ward
from domain.alarms import AlarmEvent
from domain.errors import UnavailableError
from domain.live import BedNow
from domain.people import Right

HEARTBEAT_S: Final = 3.0
"""Real seconds between heartbeats; the board takes 8 s of silence for a lost link."""
REPLAY_PAGE: Final = 500
RETRY_MS: Final = 1000


def sse(event: str, data: object, event_id: int | None = None) -> str:
    """One server-sent event."""
    head = "" if event_id is None else f"id: {event_id}\n"
    return f"{head}event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


async def live_events(house: House, viewer: Viewer, request: Request, after: int | None) -> AsyncIterator[str]:
    """Everything the viewer's board has to be told, until the session or the server ends."""
    stream = _Stream(house, viewer, request)
    with house.services.hub.subscribe() as feed:
        yield f"retry: {RETRY_MS}\n\n"
        async for event in stream.missed(after):
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

    async def missed(self, after: int | None) -> AsyncIterator[str]:
        """The alarm events after `after`, oldest first."""
        while after is not None:
            events = await run_in_threadpool(self._house.services.book.events_after, after, limit=REPLAY_PAGE)
            for event in await run_in_threadpool(self._alarm_events, events):
                yield event
            after = events[-1].event_id if len(events) == REPLAY_PAGE else None

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
            if loop.time() >= beat_at:
                beat_at = loop.time() + HEARTBEAT_S
                yield sse("heartbeat", {"now": self._house.services.clock.now()})
                news = await run_in_threadpool(self._look_around)
                if news is None:
                    yield sse("goodbye", {"why": "signed out"})
                    return
                if news:
                    yield news

    def _board(self) -> str:
        board = read_board(self._house, self._viewer)
        self._ward = board.ward
        return sse("snapshot", snapshot(self._house, self._viewer, board), board.last_event_id)

    def _look_around(self) -> str | None:
        """None when the session is over, the new board when beds or residents changed, else nothing to say."""
        try:
            known = find_session(self._house, self._request)
            if known is None or not known[1].may(Right.SEE_BOARD):
                return None
            session, person = known
            self._viewer = replace(self._viewer, session=session, person=person)
            ward = read_ward(self._house.services, self._viewer.center_id)
            changed = self._ward is None or ward.layout != self._ward.layout
            return self._board() if changed else ""
        except UnavailableError:
            return ""

    def _alarm_events(self, events: list[AlarmEvent] | tuple[AlarmEvent, ...]) -> list[str]:
        mine = [event for event in events if event.alarm.center_id == self._viewer.center_id]
        if not mine:
            return []
        ward = self._ward or read_ward(self._house.services, self._viewer.center_id)
        words = AlarmWords(self._house.services, ward, self._viewer)
        return [sse("alarm", self._alarm(event, words, ward), event.event_id) for event in mine]

    def _alarm(self, event: AlarmEvent, words: AlarmWords, ward: Ward) -> dict[str, Any]:
        shown = alarm_shown(self._house, self._viewer, ward, words.view(event.alarm))
        return {**shown, "event_id": event.event_id, "kind": event.kind}

    def _beds(self, beds: tuple[BedNow, ...]) -> str:
        known = self._ward.by_belt if self._ward else {}
        return sse("beds", {"beds": [live_values(bed) for bed in beds if bed.belt_id in known]})
