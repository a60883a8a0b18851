"""What came of each message, and what must hold whatever it was."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from domain.readings import SleepStage
from domain.residents import ID_PATTERN
from ingest.decoder import Decoder
from ingest.decoding import AGE_LIMIT_MS, FUTURE_LIMIT_MS, LIMITS, PAYLOAD_LIMIT_BYTES, Decoded
from ingest.inbox import Delivery
from ingest.profiles.model import Status
from ingest.profiles.reader import Shown

_DOCS: Final = Path(__file__).parents[2] / "docs"
REASONS: Final = frozenset(
    re.findall(r"`([a-z_]+(?:-[a-z0-9_]+)+)`", (_DOCS / "mqtt.md").read_text() + (_DOCS / "profiles.md").read_text())
) - {"decoder-failed"}
"""The reasons that the documentation gives, without the one that is a fault of ours."""


@dataclass(slots=True)
class Accounts:
    """Messages by what became of them."""

    sent: int = 0
    accepted: int = 0
    ignored: int = 0
    quarantined: int = 0
    readings: int = 0
    statuses: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def balanced(self) -> bool:
        return self.accepted + self.ignored + self.quarantined == self.sent

    def take(self, decoder: Decoder, message: Delivery) -> None:
        """Decode one message and note what became of it. AssertionError names the message."""
        records: list[Shown] = []
        decoded = decoder.decode([message], show=records.append)
        self.sent += 1
        try:
            self._note(decoded, message, records)
        except AssertionError as error:
            raise AssertionError(f"{message!r}: {error}") from error

    def _note(self, decoded: Decoded, message: Delivery, records: list[Shown]) -> None:
        told = len(decoded.batch) + len(decoded.statuses) > 0 or any(_status(record) for record in records)
        if decoded.refused:
            (entry,) = decoded.refused
            assert entry.reason in REASONS, f"{entry.reason}: {entry.detail}"
            assert entry.payload == message.payload[:PAYLOAD_LIMIT_BYTES]
            assert entry.detail
            assert not decoded.ignored
            self.reasons[entry.reason] += 1
            self.quarantined += 1
        elif decoded.ignored:
            assert decoded.ignored == 1
            assert not told, "ignored, and yet it told something"
            self.ignored += 1
        else:
            assert told, "accepted, and yet it told nothing"
            self.accepted += 1
        self.readings += len(decoded.batch)
        self.statuses += len(decoded.statuses)
        self._plausible(decoded, message.received_at)

    def _plausible(self, decoded: Decoded, received_at: int) -> None:
        batch = decoded.batch
        assert all(ID_PATTERN.fullmatch(belt_id) for belt_id in batch.belts)
        assert all(ID_PATTERN.fullmatch(status.belt_id) for status in decoded.statuses)
        assert (batch.observed_at <= received_at + FUTURE_LIMIT_MS).all()
        assert (batch.observed_at >= received_at - AGE_LIMIT_MS).all()
        assert (batch.received_at == received_at).all()
        assert np.isin(batch.in_bed, (-1, 0, 1)).all()
        assert np.isin(batch.sleep_stage, list(SleepStage)).all()
        for name, (low, high) in LIMITS.items():
            column = batch.columns()[name]
            assert (np.isnan(column) | ((column >= low) & (column <= high))).all(), name


def _status(record: Shown) -> Any:
    return any(cell.value is not None for name, cell in record.cells.items() if name in Status.__struct_fields__)
