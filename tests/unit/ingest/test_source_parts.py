"""The parts of the source that need no network: acks owed, packets, waits, the queue."""

import threading

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from domain.readings import ReadingBatch
from ingest.inbox import Delivery, Inbox, Receipt
from ingest.ledger import Ledger, Pass, Stage
from ingest.negotiation import DELAY_CAP_S, FIRST_DELAY_S, JITTER_FLOOR, Backoff, ProtocolChoice
from ingest.outstanding import Outstanding
from ingest.transport import parse_publish

V5, V311 = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311


class TestOutstanding:
    def test_acks_each_id_once_in_order(self) -> None:
        held = Outstanding()
        held.begin(1)
        assert all(held.arrived(mid, "t", b"%d" % mid) for mid in (1, 2, 3))
        assert held.durable([Receipt(1, 1), Receipt(1, 2)]) == [1, 2]
        assert held.durable([Receipt(1, 1), Receipt(1, 3)]) == [3]
        assert len(held) == 0

    def test_owes_nothing_for_qos_0(self) -> None:
        held = Outstanding()
        held.begin(1)
        assert held.durable([Receipt(1, 0)]) == []

    def test_forgets_receipts_of_earlier_connections(self) -> None:
        held = Outstanding()
        held.begin(1)
        held.arrived(1, "t", b"old")
        held.begin(2)
        held.arrived(1, "t", b"new")
        assert held.durable([Receipt(1, 1)]) == []
        assert held.durable([Receipt(2, 1)]) == [1]

    def test_the_same_message_again_is_in_hand_already(self) -> None:
        held = Outstanding()
        held.begin(1)
        assert held.arrived(1, "t", b"x")
        assert not held.arrived(1, "t", b"x")
        assert held.durable([Receipt(1, 1)]) == [1]

    def test_two_messages_under_one_id_are_acked_with_the_last(self) -> None:
        held = Outstanding()
        held.begin(1)
        assert held.arrived(1, "t", b"x")
        assert held.arrived(1, "t", b"y")
        assert held.arrived(1, "u", b"x")
        assert held.durable([Receipt(1, 1)]) == []
        assert held.durable([Receipt(1, 1)]) == []
        assert held.durable([Receipt(1, 1)]) == [1]


class TestParsePublish:
    def test_with_and_without_id_and_properties(self) -> None:
        assert parse_publish(b"\x00\x01tpay", acked=False, properties=False) == ("t", b"pay", 0)
        assert parse_publish(b"\x00\x01t\x01\x02pay", acked=True, properties=False) == ("t", b"pay", 258)
        assert parse_publish(b"\x00\x01t\x01\x02\x00pay", acked=True, properties=True) == ("t", b"pay", 258)
        assert parse_publish(b"\x00\x01t\x01\x02\x02\x01\x01pay", acked=True, properties=True) == ("t", b"pay", 258)

    def test_long_properties(self) -> None:
        packet = b"\x00\x01t\x00\x01" + b"\xac\x02" + b"p" * 300 + b"pay"
        assert parse_publish(packet, acked=True, properties=True) == ("t", b"pay", 1)
        packet = b"\x00\x01t\x00\x01" + b"\x80\x80\x01" + b"p" * 16384 + b"pay"
        assert parse_publish(packet, acked=True, properties=True) == ("t", b"pay", 1)

    def test_a_topic_that_is_not_utf_8_is_empty(self) -> None:
        assert parse_publish(b"\x00\x01\xff\x00\x01", acked=True, properties=False) == ("", b"", 1)

    @pytest.mark.parametrize(
        "packet", [b"", b"\x00", b"\x00\x05t", b"\x00\x01t", b"\x00\x01t\x00", b"\x00\x01t\x00\x01"]
    )
    def test_cut_short(self, packet: bytes) -> None:
        with pytest.raises(IndexError):
            parse_publish(packet, acked=True, properties=True)


class TestProtocolChoice:
    def test_begins_with_5_and_falls_back_when_refused(self) -> None:
        choice = ProtocolChoice()
        assert choice.version == V5
        choice.refused_version()
        assert choice.version == V311
        choice.accepted()
        choice.closed_unanswered()
        assert choice.version == V311

    def test_tries_in_turns_until_something_was_taken(self) -> None:
        choice = ProtocolChoice()
        choice.closed_unanswered()
        assert choice.version == V311
        choice.closed_unanswered()
        assert choice.version == V5

    def test_another_broker_may_take_the_place(self) -> None:
        choice = ProtocolChoice()
        choice.accepted()
        choice.refused_version()
        assert choice.version == V311


def test_waits_grow_to_the_cap_and_begin_anew() -> None:
    backoff = Backoff()
    waits = [backoff.next_s() for _ in range(12)]
    assert FIRST_DELAY_S * JITTER_FLOOR <= waits[0] <= FIRST_DELAY_S
    assert DELAY_CAP_S * JITTER_FLOOR <= waits[-1] <= DELAY_CAP_S
    backoff.reset()
    assert backoff.next_s() <= FIRST_DELAY_S


class TestInbox:
    def test_gives_in_order_up_to_the_limit(self) -> None:
        inbox = Inbox(2)
        items = [Delivery("t", b"%d" % n, 0) for n in range(3)]
        inbox.put(items)
        assert inbox.take(2, 0) == items[:2]
        assert inbox.take(2, 0) == items[2:]
        assert inbox.take(2, 0) == []

    @pytest.mark.parametrize(("messages", "full"), [(1, False), (2, True), (3, True)])
    def test_is_full_at_its_capacity_and_takes_more_all_the_same(self, messages: int, full: bool) -> None:
        inbox = Inbox(2)
        inbox.put([Delivery("t", b"", 0)] * messages)
        assert inbox.full == full
        assert len(inbox) == messages

    def test_wake_ends_a_wait(self) -> None:
        inbox = Inbox(2)
        inbox.wake()
        assert inbox.take(1, 60) == []
        inbox.put([Delivery("t", b"", 0)])
        threading.Timer(0, inbox.wake).start()
        assert inbox.take(0, 60) == []


class TestLedger:
    def test_releases_in_order_when_all_stages_are_past(self) -> None:
        ledger = Ledger()
        for mid in (1, 2, 3):
            ledger.add(Pass(batch=ReadingBatch.empty(), refused=(), receipts=[Receipt(1, mid)]))
        ledger.advance(Stage.QUARANTINED, 3)
        ledger.advance(Stage.STATUSES, 3)
        ledger.advance(Stage.STORED, 1)
        ledger.advance(Stage.OBSERVED, 2)
        assert ledger.release() == []
        ledger.catch_up(Stage.JUDGED, Stage.OBSERVED)
        assert ledger.release() == [Receipt(1, 1)]
        assert ledger.messages == 2
        assert ledger.behind(Stage.STORED)
        assert [work.receipts[0].mid for work in ledger.waiting(Stage.OBSERVED)] == [3]
        for stage in Stage:
            ledger.advance(stage, 9)
        assert ledger.release() == [Receipt(1, 2), Receipt(1, 3)]
        assert ledger.messages == 0
        assert not ledger.behind(Stage.STORED)
