"""A maker's stage from the message to the report: natively, and in another maker's words through its profile."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from api.report_body import ReportBody
from api.reports import Hours, report_of
from domain.nights import night_span
from domain.readings import Occupancy, ReadingBatch, SleepStage
from ingest.decoder import Decoder
from ingest.inbox import Delivery
from ingest.profiles.loading import load_profiles
from simulators.arrivals import Arrivals, arrivals, belt_nights
from simulators.center import SimulatedCenter, simulated_center
from simulators.messages import messages
from simulators.scenarios import PLAIN_NIGHTS
from sleep.report import METHOD, VERSION
from storage.duckdb_readings import DuckDBReadings

NIGHT = date(2026, 1, 12)
CLOUD = {SleepStage.AWAKE: 0, SleepStage.LIGHT: 1, SleepStage.DEEP: 2, SleepStage.REM: 3}
"""The codes of the Sleepace cloud."""


@cache
def center() -> SimulatedCenter:
    """A centre of the first bed whose belt tells stages."""
    whole = simulated_center(12, 5, mix=PLAIN_NIGHTS)
    bed = next(bed for bed in whole.beds if bed.belt.tells_stages and bed.belt.interval_ms >= 5_000)
    return SimulatedCenter(center=whole.center, seed=whole.seed, beds=(bed,), mix=whole.mix)


@cache
def night() -> Arrivals:
    (piece,) = arrivals(belt_nights(center(), NIGHT), chunk_ms=10**9)
    return piece


def native(piece: Arrivals) -> Iterable[Delivery]:
    for message in messages(piece):
        yield Delivery(f"care/c01/{piece.belts[message.belt]}/readings", message.payload, message.arrives_at)


def cloud(piece: Arrivals) -> Iterable[Delivery]:
    """The same night as the Sleepace cloud sends it: stages in records of their own, only when they change."""
    told: int | None = None
    columns = zip(
        piece.observed_at.tolist(), piece.arrives_at.tolist(), piece.in_bed, piece.heart_rate, piece.sleep_stage,
        strict=True,
    )  # fmt: skip
    for at, arrives_at, in_bed, heart_rate, stage in columns:
        data: dict[str, Any] = {"bedStatus": 0 if in_bed == Occupancy.IN else 1}
        data |= {"heart": int(heart_rate)} if heart_rate == heart_rate else {}
        records = [_record("realtime", at, data)]
        if stage != told and stage != SleepStage.UNKNOWN:
            records.append(_record("sleepStage", at, {"sleepStage": CLOUD[SleepStage(int(stage))]}))
        told = None if stage == SleepStage.UNKNOWN else stage
        yield Delivery("sleepace/cloud", json.dumps(records).encode(), arrives_at)


def _record(kind: str, at: int, data: dict[str, Any]) -> dict[str, Any]:
    return {"deviceId": "b", "dataKey": kind, "timestamp": at / 1000, "data": {"leftRight": 0, **data}}


def report(deliveries: Iterable[Delivery], decoder: Decoder, path: Path, **wanted: bool) -> dict[str, Any]:
    """The report's JSON, by way of the readings store; the messages come in passes, as at the broker."""
    store = DuckDBReadings(path)
    try:
        for part in _parts(list(deliveries)):
            decoded = decoder.decode(part)
            assert decoded.refused == []
            store.write(decoded.batch)
        start_at, end_at = night_span(NIGHT, center().zone)
        belt_id = decoded.batch.belts[0]
        batch: ReadingBatch = store.read(belt_id, start_at, end_at)
    finally:
        store.close()
    hours = Hours(night=NIGHT, start_at=start_at, end_at=end_at, zone=center().zone)
    found = report_of(batch, hours, resident_id="r1", belt_ids=(belt_id,), **wanted)
    assert found is not None
    body: dict[str, Any] = json.loads(ReportBody.of(found, center().zone).model_dump_json())
    return body


def _parts(deliveries: Sequence[Delivery], length: int = 1_000) -> Iterable[Sequence[Delivery]]:
    return (deliveries[n : n + length] for n in range(0, len(deliveries), length))


def test_a_native_belts_stages_reach_the_report(tmp_path: Path) -> None:
    told = report(native(night()), Decoder(), tmp_path / "readings.duckdb")
    maker = told["maker_stages"]
    assert told["method"] == f"{METHOD}/{VERSION}"
    assert maker["share"] > 0.95
    assert maker["awake"] + maker["light"] + maker["deep"] + maker["rem"] == pytest.approx(1, abs=0.001)
    assert min(maker["light"], maker["deep"], maker["rem"]) > 0.02
    assert 0.6 < maker["agreement"] <= 1
    assert len(told["epochs"]["maker"]) == len(told["epochs"]["states"])
    assert set(told["epochs"]["maker"]) == {None, "awake", "light", "deep", "rem"}


def test_a_makers_cloud_gives_the_same_night(tmp_path: Path) -> None:
    plain = report(native(night()), Decoder(), tmp_path / "native.duckdb")["maker_stages"]
    profile = Decoder(load_profiles(("sleepace-cloud",)))
    maker = report(cloud(night()), profile, tmp_path / "cloud.duckdb")["maker_stages"]
    # a stage that holds for longer than it serves is not told any more: the cloud repeats it, this one does not
    assert 0.7 <= maker["share"] <= plain["share"]
    for stage in ("awake", "light", "deep", "rem"):
        assert maker[stage] == pytest.approx(plain[stage], abs=0.12)


def test_a_centre_that_wants_it_has_the_makers_night(tmp_path: Path) -> None:
    ours = report(native(night()), Decoder(), tmp_path / "ours.duckdb")
    theirs = report(native(night()), Decoder(), tmp_path / "theirs.duckdb", use_maker_stages=True)
    assert theirs["method"].startswith("maker-stage/")
    assert "maker-stage" in theirs["marks"]
    assert theirs["maker_stages"] == ours["maker_stages"]
    assert theirs["sleep_min"] == pytest.approx(theirs["maker_stages"]["sleep_min"], abs=5)
    assert theirs["exits"] == ours["exits"]
