"""How much of what cannot be read is kept."""

import contextlib
from dataclasses import replace
from pathlib import Path

from domain.ports import Quarantined
from storage.records import Records
from storage.records_quarantine import RecordsQuarantine

ENTRY = Quarantined(
    received_at=1, topic="care/c1/b1/readings", payload=b"{}", reason="time-too-old", detail="ts 1 is too old"
)


def test_one_belt_that_is_always_wrong_neither_fills_the_disk_nor_drives_out_what_is_seldom(tmp_path: Path) -> None:
    with contextlib.closing(Records.open(tmp_path / "records.db")) as records:
        quarantine = RecordsQuarantine(records, kept=100, looked_after=10)
        quarantine.put([replace(ENTRY, reason="store-rejected")])
        for at in range(40):
            quarantine.put([replace(ENTRY, received_at=10 * at + n) for n in range(10)])
        counts = quarantine.counts()
        assert counts["store-rejected"] == 1
        assert 100 <= counts["time-too-old"] <= 110
        assert quarantine.entries(limit=1)[0].received_at == 399
