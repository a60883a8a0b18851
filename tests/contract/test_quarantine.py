"""The contract of `domain.ports.Quarantine`."""

from dataclasses import replace

import pytest

from domain.ports import Quarantine, Quarantined

ENTRY = Quarantined(
    received_at=1_795_350_000_000, topic="care/c1/b1/readings", payload=b"{", reason="json", detail="expected '}'"
)


@pytest.mark.parametrize(
    "payload",
    [b"", b"\0", b"a\0b\0", b"\xff\xfe\xc3\x28", bytes(range(256)) * 40, "心率".encode("gb18030"), b"x" * 300_000],
)
def test_a_payload_is_kept_whole(quarantine: Quarantine, payload: bytes) -> None:
    entry = replace(ENTRY, payload=payload)
    quarantine.put([entry])
    (found,) = quarantine.entries()
    assert replace(found, entry_id=0) == entry
    assert type(found.payload) is bytes


def test_the_newest_come_first(quarantine: Quarantine) -> None:
    quarantine.put([replace(ENTRY, detail="1"), replace(ENTRY, detail="2")])
    quarantine.put([replace(ENTRY, detail="3", received_at=0)])
    found = quarantine.entries()
    assert [entry.detail for entry in found] == ["3", "2", "1"]
    assert found[0].entry_id > found[1].entry_id > found[2].entry_id > 0
    assert quarantine.entries(limit=2) == found[:2]


def test_of_very_many_the_newest_are_kept(small_quarantine: Quarantine) -> None:
    for details in (["1", "2"], ["3", "4"], ["5"]):
        small_quarantine.put([replace(ENTRY, detail=detail) for detail in details])
    assert [entry.detail for entry in small_quarantine.entries()] == ["5", "4", "3"]
    assert small_quarantine.counts() == {"json": 3}


def test_the_same_message_twice_is_two_entries(quarantine: Quarantine) -> None:
    quarantine.put([ENTRY, ENTRY])
    assert len(quarantine.entries()) == 2


def test_entries_are_counted_by_reason(quarantine: Quarantine) -> None:
    quarantine.put([ENTRY, ENTRY, replace(ENTRY, reason="no-profile")])
    assert quarantine.counts() == {"json": 2, "no-profile": 1}


def test_an_empty_quarantine(quarantine: Quarantine) -> None:
    quarantine.put([])
    assert quarantine.entries() == []
    assert quarantine.counts() == {}


@pytest.mark.parametrize("detail", ["byte \0 at 3", "lone \ud800 surrogate"])
def test_a_detail_that_no_database_takes_does_not_stop_the_entry(quarantine: Quarantine, detail: str) -> None:
    quarantine.put([replace(ENTRY, detail=detail, topic=detail)])
    (found,) = quarantine.entries()
    assert found.payload == ENTRY.payload
    assert found.detail[:4] == detail[:4]
