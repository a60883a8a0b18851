"""The contract of `domain.ports.AuditTrail`."""

from dataclasses import replace

from domain.audit import AuditEntry, Change
from domain.ports import AuditTrail

ENTRY = AuditEntry(
    at=1_795_350_000_000,
    person_id="ada",
    what=Change.LEAVE_BED_SETTINGS,
    subject="r1",
    before={"away_limit_min": 15, "windows": [["21:00", "06:00"]]},
    after={"away_limit_min": 30, "windows": []},
)


def test_entries_are_kept_as_they_were_the_newest_first(audit: AuditTrail) -> None:
    assert audit.entries("r1") == []
    pause = replace(ENTRY, at=ENTRY.at + 5, what=Change.PAUSE_BEGUN, before={}, after={"minutes": 30})
    for entry in (ENTRY, replace(ENTRY, subject="r2"), pause):
        audit.put(entry)
    newest, oldest = audit.entries("r1")
    assert (replace(newest, entry_id=0), replace(oldest, entry_id=0)) == (pause, ENTRY)
    assert newest.entry_id > oldest.entry_id > 0
    assert audit.entries("r1", limit=1) == [newest]
