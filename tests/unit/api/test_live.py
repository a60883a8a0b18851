"""From the worker's thread to the browser: at once for alarms, the latest for beds, nothing missing in between."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
from fastapi import Request

from alerts.lifecycle import step
from api.access import SESSION_MS, token_hash
from api.app import create_app
from api.live import FLUSH_S, MAX_WAITING_ALARMS, Feed, LiveHub, Parcel
from api.stream import event_id_from, live_events, sse
from api.viewer import Viewer
from domain.alarms import Raise
from domain.live import AlarmsChanged, BedsChanged, LiveEvent
from domain.people import Session
from domain.ports import BedEntry
from domain.readings import Occupancy
from domain.residents import Center, Resident
from tests.unit.api.world import World, build_world

Heard = list[tuple[str, dict[str, Any], int | None]]


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, timeout=20))


class Ticks:
    """Real seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def settle() -> None:
    """Lets the loop deliver what was published."""
    for _ in range(3):
        await asyncio.sleep(0)


def beds_of(world: World, *numbers: int) -> BedsChanged:
    return BedsChanged(beds=tuple(world.hear(n, Occupancy.IN) for n in numbers))


def test_bed_values_coalesce_and_the_latest_wins(world: World) -> None:
    async def test() -> None:
        hub, ticks = LiveHub(), Ticks()
        with hub.subscribe(ticks) as feed:
            hub.publish([beds_of(world, 1), beds_of(world, 2)])
            await settle()
            later = world.hear(1, Occupancy.OUT)
            hub.publish([BedsChanged(beds=(later,))])
            await settle()
            assert {bed.belt_id: bed for bed in (await feed.next(9)).beds} == {
                "belt1": later,
                "belt2": world.beds["belt2"],
            }
            hub.publish([beds_of(world, 3)])
            await settle()
            assert (await feed.next(0)).beds == ()
            ticks.now += FLUSH_S
            assert [bed.belt_id for bed in (await feed.next(9)).beds] == ["belt3"]

    run(test())


def test_alarms_do_not_wait_for_beds(world: World) -> None:
    async def test() -> None:
        ticks = Ticks()
        with world.services.hub.subscribe(ticks) as feed:
            world.services.hub.publish([beds_of(world, 1)])
            await settle()
            await feed.next(0)
            world.services.hub.publish([beds_of(world, 2)])
            event = world.raise_alarm(1)
            await settle()
            assert await feed.next(9) == Parcel((event,), (), closed=False)

    run(test())


def test_publishing_from_another_thread_wakes_a_waiting_feed(world: World) -> None:
    async def test() -> None:
        with world.services.hub.subscribe() as feed:
            waiting = asyncio.create_task(feed.next(15))
            await settle()
            thread = threading.Thread(target=world.raise_alarm, args=(1,))
            thread.start()
            assert len((await waiting).alarms) == 1
            thread.join()

    run(test())


def test_a_feed_that_is_not_read_is_closed_and_stays_small(world: World) -> None:
    async def test() -> None:
        event = world.raise_alarm(1)
        with world.services.hub.subscribe() as slow, world.services.hub.subscribe() as quick:
            for _ in range(MAX_WAITING_ALARMS + 1):
                world.services.hub.publish([AlarmsChanged(events=(event,))])
                await settle()
                assert len((await quick.next(0)).alarms) == 1
            assert (await slow.next(0)) == Parcel((), (), closed=True)

    run(test())


def test_publishing_never_raises(world: World) -> None:
    hub = LiveHub()
    event: list[LiveEvent] = [beds_of(world, 1)]
    hub.publish(event)

    async def test() -> None:
        with hub.subscribe():
            hub.publish(event)

    run(test())
    hub.publish(event)
    hub.close()


def test_a_hub_serves_the_loop_that_asks(world: World) -> None:
    hub = LiveHub()

    async def test() -> None:
        with hub.subscribe() as feed:
            hub.publish([beds_of(world, 1)])
            assert len((await feed.next(9)).beds) == 1

    run(test())
    run(test())


def test_closing_ends_every_feed_and_refuses_new_ones() -> None:
    async def test() -> None:
        hub = LiveHub()
        with hub.subscribe() as feed:
            hub.close()
            assert (await feed.next(9)).closed
        with hub.subscribe() as late:
            assert (await late.next(9)).closed
        assert hub.subscribers == 0

    run(test())


def test_nothing_within_the_wait_is_an_empty_parcel() -> None:
    async def test() -> None:
        assert await Feed(Ticks()).next(0) == Parcel((), (), closed=False)

    run(test())


def stream(world: World, login: str = "wang", after: int | None = None) -> AsyncIterator[str]:
    app = create_app(world.services)
    person = world.people.by_login(login)
    assert person is not None
    session = Session(
        token_hash=token_hash("token"), person_id=person.person_id, csrf="c", expires_at=world.clock.at + SESSION_MS
    )
    world.people.begin(session, at=world.clock.at)
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/live",
        "query_string": b"",
        "headers": [(b"cookie", b"nightbelt_session=token")],
        "app": app,
    }
    house = app.state.house
    viewer = Viewer(session=session, person=person, language=house.languages["en"])
    return live_events(house, viewer, Request(scope), after)


async def listen(events: AsyncIterator[str], until: str, *, times: int = 1) -> Heard:
    """What is sent until the event `until` came `times`."""
    heard: Heard = []
    async for text in events:
        if text.startswith("retry"):
            continue
        heard.append(parsed(text))
        if [kind for kind, _, _ in heard].count(until) == times:
            return heard
    return heard


def parsed(text: str) -> tuple[str, dict[str, Any], int | None]:
    assert text.endswith("\n\n")
    fields = dict(line.split(": ", 1) for line in text.rstrip("\n").split("\n"))
    return fields["event"], json.loads(fields["data"]), int(fields["id"]) if "id" in fields else None


def test_data_never_ends_an_event_early() -> None:
    assert sse("alarm", {"html": "a\n\nb\r"}, 7).count("\n") == 4


def test_a_stream_begins_with_the_whole_board(world: World) -> None:
    async def test() -> None:
        event = world.raise_alarm(1)
        ((kind, board, last),) = await listen(stream(world), "snapshot")
        assert (kind, last) == ("snapshot", event.event_id)
        assert board["now"] == world.clock.at
        assert len(board["beds"]) == 8
        assert [alarm["alarm_id"] for alarm in board["alarms"]] == [event.alarm.alarm_id]

    run(test())


def test_what_was_missed_is_replayed_before_the_board(world: World) -> None:
    async def test() -> None:
        seen = world.raise_alarm(1)
        missed = [world.raise_alarm(2), world.raise_alarm(3), world.clear(seen.alarm.alarm_id)]
        heard = await listen(stream(world, after=seen.event_id), "snapshot")
        assert [kind for kind, _, _ in heard] == ["alarm", "alarm", "alarm", "snapshot"]
        assert [number for _, _, number in heard[:3]] == [event.event_id for event in missed]

    run(test())


def test_only_the_latest_is_replayed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.stream.REPLAY_MOST", 2)

    async def test() -> None:
        events = [world.raise_alarm(n) for n in range(1, 6)]
        heard = await listen(stream(world, after=0), "snapshot")
        assert [number for _, _, number in heard[:-1]] == [event.event_id for event in events[-2:]]
        assert len(heard[-1][1]["alarms"]) == 5

    run(test())


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("7", 7),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("x", None),
        ("²", None),
        ("9" * 18, 10**18 - 1),
        ("9" * 5000, None),
    ],
)
def test_what_a_browser_says_it_has_seen(sent: str, meant: int | None) -> None:
    assert event_id_from(sent) == meant


def test_an_alarm_that_was_never_published_comes_with_the_next_heartbeat(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.stream.HEARTBEAT_S", 0.01)

    async def test() -> None:
        events = stream(world)
        await listen(events, "heartbeat")
        lost, told = world.build_alarm(1), world.build_alarm(2)
        world.book.apply([Raise(alarm_id=lost.alarm_id, at=world.clock.at, alarm=lost)], step)
        published = world.book.apply([Raise(alarm_id=told.alarm_id, at=world.clock.at, alarm=told)], step)
        world.services.hub.publish([AlarmsChanged(events=tuple(published))])
        heard = await listen(events, "alarm", times=2)
        assert {data["alarm_id"] for kind, data, _ in heard if kind == "alarm"} == {lost.alarm_id, told.alarm_id}
        later = await listen(events, "heartbeat", times=3)
        assert lost.alarm_id not in [data.get("alarm_id") for _, data, _ in later]

    run(test())


def test_nothing_falls_between_board_and_present(world: World) -> None:
    async def test() -> None:
        events = stream(world)
        assert (await anext(events)).startswith("retry")
        between = world.raise_alarm(1)
        await settle()
        assert [kind for kind, _, _ in await listen(events, "snapshot")] == ["snapshot"]
        world.raise_alarm(2)
        heard = [data["alarm_id"] for kind, data, _ in await listen(events, "alarm", times=2) if kind == "alarm"]
        assert heard == [between.alarm.alarm_id, world.book.open_alarms("elm")[1].alarm_id]

    run(test())


def test_a_stream_is_of_one_centre(world: World) -> None:
    async def test() -> None:
        events = stream(world, login="oak", after=0)
        world.raise_alarm(1)
        ((kind, board, _),) = await listen(events, "snapshot")
        assert (kind, board["alarms"], board["beds"]) == ("snapshot", [], [])
        world.services.hub.publish([beds_of(world, 1, 2)])
        world.raise_alarm(2)
        mine = world.raise_alarm(99, center_id="oak")
        heard = await listen(events, "alarm")
        assert [data["alarm_id"] for kind, data, _ in heard if kind == "alarm"] == [mine.alarm.alarm_id]
        assert all(data["beds"] == [] for kind, data, _ in heard if kind == "beds")

    run(test())


@pytest.mark.parametrize(("alarms", "at_risk"), [("ok", False), ("failing, tried again", True)])
def test_heartbeats_tell_the_time_and_whether_alarms_can_be_raised(alarms: str, at_risk: bool) -> None:
    world = build_world(health=lambda: {"alarms": alarms, "readings": "failing, tried again"})

    async def test() -> None:
        heard = await listen(stream(world), "heartbeat")
        assert heard[-1][1] == {"now": world.clock.at, "alarms_at_risk": at_risk}

    run(test())


def test_the_end_of_the_session_ends_the_stream(world: World) -> None:
    async def test() -> None:
        events = stream(world)
        await listen(events, "snapshot")
        world.people.end(token_hash("token"))
        assert (await listen(events, "never"))[-1][0] == "goodbye"

    run(test())


def test_a_new_resident_brings_a_new_board(world: World) -> None:
    async def test() -> None:
        events = stream(world)
        before = (await listen(events, "snapshot"))[0][1]["layout"]
        newcomer = BedEntry(
            room_id="room101",
            room="101",
            bed_id="b1",
            bed="A",
            belt_id="belt1",
            resident=Resident(resident_id="new", name="New One"),
        )
        world.register.enroll(Center(center_id="elm", name="Elm House"), [newcomer], world.clock.at)
        board = (await listen(events, "snapshot"))[-1][1]
        assert board["layout"] != before
        assert "New One" in board["beds_html"]

    run(test())


def test_the_server_going_down_ends_the_stream(world: World) -> None:
    async def test() -> None:
        events = stream(world)
        await listen(events, "snapshot")
        world.services.hub.close()
        await listen(events, "never")
        assert world.services.hub.subscribers == 0

    run(test())


def test_two_worlds_do_not_share_a_hub() -> None:
    assert build_world().services.hub is not build_world().services.hub
