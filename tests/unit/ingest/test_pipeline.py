"""The worker: nothing is acked before it is durable, nothing that is down holds up the alarms."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from domain.live import BedsChanged, LiveEvent
from domain.readings import ReadingBatch
from domain.units import NEVER
from ingest.decoder import Decoder
from ingest.inbox import Receipt
from ingest.pipeline import HANGS_AFTER_S, PASS_MESSAGES_MAX, Pipeline
from ingest.profiles.loading import load_profiles
from tests.unit.ingest.fakes import (
    NOW,
    FakeClock,
    FakeSource,
    FakeWatch,
    SwitchedQuarantine,
    SwitchedReadings,
    SwitchedStatuses,
    delivery,
    reading,
    status,
)


class Ward:
    """A pipeline on fakes."""

    def __init__(self, **options: Any) -> None:
        self.clock = FakeClock()
        self.source = FakeSource()
        self.store = SwitchedReadings()
        self.quarantine = SwitchedQuarantine()
        self.statuses = SwitchedStatuses()
        self.watch = FakeWatch()
        self.registry = CollectorRegistry()
        self.published: list[LiveEvent] = []
        self.publish_error: Exception | None = None
        self.pipeline = Pipeline(
            source=self.source,
            store=self.store,
            quarantine=self.quarantine,
            statuses=self.statuses,
            watch=self.watch,
            publish=self.publish,
            clock=self.clock,
            registry=self.registry,
            monotonic=self.clock.monotonic,
            **options,
        )

    def publish(self, events: Sequence[LiveEvent]) -> None:
        if self.publish_error is not None:
            raise self.publish_error
        self.published.extend(events)

    def turn(self, *deliveries: Any, after_s: float = 0.0) -> None:
        self.clock.pass_s(after_s)
        self.source.waiting.extend(deliveries)
        self.pipeline.turn()

    def count(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"nightbelt_ingest_{name}", labels) or 0.0

    @property
    def stored(self) -> int:
        return sum(len(self.store.read(f"b{n}", 0, 2**62)) for n in range(10))


@pytest.fixture
def ward() -> Ward:
    return Ward()


def test_a_reading_is_stored_judged_told_and_acked(ward: Ward) -> None:
    ward.turn(reading(mid=7, epoch=3))
    assert ward.stored == 1
    assert len(ward.watch.observed) == 1
    assert isinstance(ward.published[0], BedsChanged)
    assert ward.source.acked == [Receipt(3, 7)]


def test_without_messages_nothing_is_written(ward: Ward) -> None:
    ward.turn()
    assert ward.store.switch.calls == ward.quarantine.switch.calls == 0


def test_readings_store_down_holds_the_ack_and_not_the_alarms(ward: Ward) -> None:
    ward.store.switch.down()
    ward.turn(reading(NOW, mid=1))
    ward.turn(reading(NOW + 1, mid=2))
    assert len(ward.watch.observed) == 2
    assert len(ward.published) == 2
    assert ward.source.acked == []
    assert ward.store.switch.calls == 1, "the second turn came before the time of the next try"
    ward.store.switch.up()
    ward.turn(after_s=60)
    assert ward.stored == 2
    assert ward.source.acked == [Receipt(1, 1), Receipt(1, 2)]


def test_a_register_that_fails_keeps_nothing_from_being_judged(ward: Ward) -> None:
    ward.watch.register.error = ValueError("a row that cannot be read")
    ward.turn(reading(mid=1), after_s=10)
    ward.turn(after_s=10)
    assert len(ward.watch.observed) == 1
    assert ward.watch.ticks
    assert ward.source.acked == [Receipt(1, 1)]
    assert ward.pipeline.health()["register"] != "ok"


def test_health_names_what_fails(ward: Ward) -> None:
    well = {"quarantine": "ok", "readings": "ok", "statuses": "ok", "alarms": "ok", "register": "ok"}
    assert ward.pipeline.health() == well
    ward.store.switch.down()
    ward.turn(reading())
    assert ward.pipeline.health() == well | {"readings": "failing, tried again"}
    ward.store.switch.up()
    ward.turn(after_s=60)
    assert ward.pipeline.health() == well


def test_while_the_worker_hangs_alarms_are_said_to(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def hang(_batch: ReadingBatch) -> None:
        ward.clock.pass_s(HANGS_AFTER_S + 1)
        seen.append(ward.pipeline.health()["alarms"])

    monkeypatch.setattr(ward.store, "write", hang)
    ward.turn(reading())
    assert seen == ["hanging"]
    assert ward.pipeline.health()["alarms"] == "ok"


def test_a_store_that_is_down_is_tried_after_the_judging_and_less_and_less_often(ward: Ward) -> None:
    ward.store.switch.down()
    for n in range(600):
        ward.turn(reading(NOW + n * 100), after_s=0.1)
    assert 4 <= ward.store.switch.calls <= 20
    assert len(ward.watch.observed) == 600
    assert ward.count("failures_total", stage="readings") == ward.store.switch.calls


def test_the_wait_ends_when_a_retry_is_owed(ward: Ward) -> None:
    ward.store.switch.down()
    ward.turn(reading())
    ward.turn()
    assert ward.source.timeouts[-1] <= 0.25


def test_quarantine_down_holds_the_ack(ward: Ward) -> None:
    ward.quarantine.switch.down()
    ward.turn(delivery(b"junk", mid=1), reading(mid=2))
    assert ward.stored == 1
    assert len(ward.watch.observed) == 1
    assert ward.source.acked == []
    ward.quarantine.switch.up()
    ward.turn(after_s=60)
    assert ward.quarantine.counts() == {"not-json": 1}
    assert ward.source.acked == [Receipt(1, 1), Receipt(1, 2)]


def test_statuses_down_hold_the_ack_and_not_the_alarms(ward: Ward) -> None:
    ward.statuses.switch.down()
    ward.turn(status(b'{"online": true}', mid=1), reading(mid=2))
    assert len(ward.watch.observed) == 1
    assert ward.source.acked == []
    assert ward.pipeline.health()["statuses"] != "ok"
    ward.statuses.switch.up()
    ward.turn(after_s=60)
    assert [kept.online for kept in ward.statuses.all()] == [True]
    assert ward.source.acked == [Receipt(1, 1), Receipt(1, 2)]


def test_a_status_that_says_nothing_new_is_stored_once_a_minute(ward: Ward) -> None:
    for second in range(90):
        ward.turn(status(b'{"online": true, "battery": 87}', received_at=NOW + second * 1000))
    assert ward.statuses.switch.calls == 2
    assert [kept.at for kept in ward.statuses.all()] == [NOW + 60_000]
    ward.turn(status(b'{"battery": 86}', received_at=NOW + 90_000))
    assert [(kept.online, kept.battery) for kept in ward.statuses.all()] == [(True, 86.0)]


def test_what_belts_say_of_themselves_is_judged_once_and_in_order(ward: Ward) -> None:
    ward.turn(status(b'{"online": true}', mid=1), status(b'{"online": false}', mid=2), reading(mid=3))
    ward.turn(reading(mid=4))
    assert [told.online for told in ward.watch.told] == [True, False]


def test_a_status_that_upsets_the_watch_is_kept_and_acked(ward: Ward) -> None:
    ward.watch.poison = {"b1"}
    ward.turn(status(b'{"online": false}', mid=1))
    assert ward.watch.told == []
    assert [kept.online for kept in ward.statuses.all()] == [False]
    assert [receipt.mid for receipt in ward.source.acked] == [1]


def test_a_status_that_was_not_stored_is_news_again(ward: Ward) -> None:
    ward.turn(status(b'{"online": true}'))
    ward.statuses.switch.down()
    ward.turn(status(b'{"online": false}'), after_s=1)
    ward.statuses.switch.up()
    ward.turn(status(b'{"battery": 50}'), after_s=60)
    assert [(kept.online, kept.battery) for kept in ward.statuses.all()] == [(False, 50.0)]


def test_a_clock_that_is_put_back_hides_no_status(ward: Ward) -> None:
    ward.turn(status(b'{"online": true}'))
    ward.turn(status(b'{"online": false}', received_at=NOW - 3_600_000))
    assert [kept.online for kept in ward.statuses.all()] == [False]


def test_a_reading_that_the_broker_kept_for_newcomers_is_no_news(ward: Ward) -> None:
    ward.turn(reading(mid=1)._replace(retained=True), reading(NOW + 1, mid=2))
    assert ward.stored == 1
    assert [len(batch) for batch in ward.watch.observed] == [1]
    assert ward.source.acked == [Receipt(1, 1), Receipt(1, 2)]
    assert ward.count("retained_readings_total") == 1


def test_watch_down_holds_the_ack_until_a_later_observe_and_gets_no_batch_twice(ward: Ward) -> None:
    ward.watch.switch.down()
    ward.turn(reading(NOW, mid=1))
    assert ward.stored == 1
    assert ward.source.acked == []
    ward.watch.switch.up()
    ward.turn(reading(NOW + 1, mid=2), after_s=1)
    assert ward.source.acked == [Receipt(1, 1), Receipt(1, 2)]
    assert [len(batch) for batch in ward.watch.observed] == [1, 1]


def test_watch_down_holds_the_ack_until_a_later_tick(ward: Ward) -> None:
    ward.watch.switch.down()
    ward.turn(reading(mid=1))
    ward.turn(after_s=10)
    assert ward.watch.ticks
    assert ward.source.acked == []
    ward.watch.switch.up()
    ward.turn(after_s=10)
    assert ward.source.acked == [Receipt(1, 1)]
    assert len(ward.watch.observed) == 1


def test_an_unexpected_error_of_the_store_is_kept_counted_and_tried_again(ward: Ward) -> None:
    ward.store.switch.error = ZeroDivisionError()
    ward.turn(reading())
    assert ward.source.acked == []
    ward.store.switch.up()
    ward.turn(after_s=60)
    assert ward.source.acked == [Receipt(1, 1)]
    assert ward.count("failures_total", stage="readings") == 1


def test_one_belt_that_upsets_the_watch_does_not_silence_the_others(ward: Ward) -> None:
    ward.watch.poison = {"b2"}
    ward.turn(*(reading(belt=f"b{n}", mid=n) for n in (1, 2, 3)))
    assert [batch.belts for batch in ward.watch.observed] == [("b1",), ("b3",)]
    assert ward.stored == 3
    assert len(ward.source.acked) == 3
    assert ward.count("failures_total", stage="belt") == 1


def test_what_was_heard_is_told_with_the_centres_of_native_topics() -> None:
    told: list[tuple[tuple[str, ...], dict[str, str]]] = []
    ward = Ward(
        decode=Decoder(load_profiles(["r60abd1"])).decode,
        hear=lambda batch, centers: told.append((batch.belts, dict(centers))),
    )
    radar = delivery(b'{"params": {"getIntoBed": "1"}}', topic="/Radar60SP/r1/sys/property/post", mid=2)
    ward.turn(reading(), radar, reading(belt="b2", mid=3))
    ward.turn()
    assert told == [(("b1", "b2", "r1"), {"b1": "c1", "b2": "c1"})]


def test_telling_what_was_heard_may_fail() -> None:
    def broken(_batch: ReadingBatch, _centers: Mapping[str, str]) -> None:
        raise ZeroDivisionError

    ward = Ward(hear=broken)
    ward.turn(reading())
    assert ward.source.acked == [Receipt(1, 1)]
    assert len(ward.watch.observed) == 1
    assert ward.count("failures_total", stage="heard") == 1


def test_publishing_may_fail(ward: Ward) -> None:
    ward.publish_error = RuntimeError()
    ward.turn(reading())
    assert ward.source.acked == [Receipt(1, 1)]
    assert ward.count("failures_total", stage="publish") == 1


def test_redelivery_and_repeats_are_stored_once_and_all_acked(ward: Ward) -> None:
    ward.turn(reading(mid=1), reading(mid=2))
    ward.turn(reading(mid=1, epoch=2))
    assert ward.stored == 1
    assert ward.source.acked == [Receipt(1, 1), Receipt(1, 2), Receipt(2, 1)]
    assert ward.count("readings_stored_total") == 1
    assert ward.count("duplicates_total") == 2
    assert ward.count("messages_total") == 3


def test_garbage_between_good_messages_is_quarantined_and_acked(ward: Ward) -> None:
    ward.turn(reading(NOW, mid=1), delivery(b"\xff", mid=2), delivery(b"{}", mid=3), reading(NOW + 1, mid=4))
    assert ward.stored == 2
    assert ward.quarantine.counts() == {"not-utf-8": 1, "missing-ts": 1}
    assert [receipt.mid for receipt in ward.source.acked] == [1, 2, 3, 4]
    assert ward.count("quarantined_total", reason="missing-ts") == 1


def test_sessions_that_the_broker_forgot_are_counted(ward: Ward) -> None:
    ward.turn()
    assert ward.count("sessions_lost_total") == 0
    ward.source.sessions_lost = 2
    ward.turn()
    ward.turn()
    assert ward.count("sessions_lost_total") == 2


def test_no_more_is_taken_while_too_much_is_held() -> None:
    ward = Ward(held_messages_max=3)
    ward.store.switch.down()
    ward.turn(*(reading(NOW + n, mid=n + 1) for n in range(5)))
    assert ward.source.limits == [3]
    ward.turn()
    assert ward.source.limits[-1] == 0
    assert ward.source.depth == 2
    ward.store.switch.up()
    ward.turn(after_s=60)
    ward.turn()
    assert len(ward.source.acked) == 5


def test_a_pass_is_bounded(ward: Ward) -> None:
    ward.turn()
    assert ward.source.limits == [PASS_MESSAGES_MAX]


def test_timers_wait_for_the_backlog_after_the_start(ward: Ward) -> None:
    ward.watch.due_at = NOW - 1
    for n in range(20):
        ward.turn(reading(NOW + n * 200), after_s=0.2)
        assert not ward.watch.ticks
    ward.turn(after_s=0.5)
    assert not ward.watch.ticks
    ward.turn(after_s=0.5)
    assert ward.watch.ticks


def test_timers_wait_for_the_connection_but_not_for_ever(ward: Ward) -> None:
    ward.source.connected = False
    ward.turn(after_s=4.9)
    assert not ward.watch.ticks
    ward.turn(after_s=0.1)
    assert ward.watch.ticks


def test_ticks_come_each_second_and_when_a_timer_is_due(ward: Ward) -> None:
    ward.turn(after_s=5)
    ward.turn(after_s=0.3)
    assert len(ward.watch.ticks) == 1
    assert ward.source.timeouts[-1] == pytest.approx(0.7)
    ward.watch.due_at = ward.clock.now() + 200
    ward.turn()
    assert ward.source.timeouts[-1] == pytest.approx(0.2)
    ward.turn(after_s=0.2)
    assert len(ward.watch.ticks) == 2
    ward.watch.due_at = 2**62
    ward.turn(after_s=1.0)
    assert len(ward.watch.ticks) == 3


def test_ticks_go_on_under_load(ward: Ward) -> None:
    ward.turn(after_s=5)
    for n in range(30):
        ward.turn(reading(NOW + n), after_s=0.1)
    assert len(ward.watch.ticks) == 4


def test_timers_run_no_further_than_what_came_has_been_taken_in(ward: Ward) -> None:
    ward.turn(after_s=5)
    late = ward.clock.now() + 10_000
    ward.source.waiting = [reading(late - 10_000 + n, belt=f"b{n}") for n in range(PASS_MESSAGES_MAX + 1)]
    last = ward.source.waiting[PASS_MESSAGES_MAX - 1].received_at
    ward.turn(after_s=10)
    assert (ward.watch.ticks[-1], ward.watch.heard[-1]) == (late, last)
    assert last < late
    ward.turn(after_s=1)
    assert ward.watch.heard[-1] == ward.watch.ticks[-1] == late + 1_000


def test_a_clock_set_back_does_not_stop_the_ticks(ward: Ward) -> None:
    ward.turn(after_s=5)
    ward.clock.at -= 3_600_000
    ward.turn()
    assert len(ward.watch.ticks) == 2


def test_stop_stops_the_source(ward: Ward) -> None:
    ward.pipeline.stop()
    assert ward.source.stopped


def test_messages_that_a_profile_passes_over_are_acked_and_counted() -> None:
    ward = Ward(decode=Decoder(load_profiles(["r60abd1"])).decode)
    topic = "/Radar60SP/b1/sys/property/post"
    bodies = (b'{"params": {"someoneExists": "0"}}', b'{"params": {"getIntoBed": "1"}}', b"{")
    ward.turn(*(delivery(body, topic=topic, mid=n) for n, body in enumerate(bodies, start=1)), reading(mid=4))
    assert [receipt.mid for receipt in ward.source.acked] == [1, 2, 3, 4]
    assert (ward.count("ignored_total"), ward.count("messages_total")) == (1, 4)
    assert ward.count("quarantined_total", reason="not-json") == 1


def test_timers_that_fail_are_said_and_neither_stop_the_judging_nor_the_acks(ward: Ward) -> None:
    def fail(now: int, heard_until: int) -> None:
        raise ZeroDivisionError

    ward.turn(after_s=10)
    tick, ward.watch.tick = ward.watch.tick, fail  # type: ignore[method-assign]
    ward.turn(reading(mid=1), after_s=10)
    assert len(ward.watch.observed) == 1
    assert ward.source.acked == [Receipt(1, 1)]
    assert ward.pipeline.health()["alarms"] != "ok"
    ward.watch.due_at = ward.clock.at
    ward.turn()
    ward.turn()
    assert ward.source.timeouts[-1] > 0.05, "what is due and fails must not make the wait a spin"
    ward.watch.due_at = NEVER
    ward.watch.tick = tick  # type: ignore[method-assign]
    ward.turn(after_s=10)
    assert ward.pipeline.health()["alarms"] == "ok"
