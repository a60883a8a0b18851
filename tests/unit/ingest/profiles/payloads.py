"""Payloads of the makers, and what they become in a form that reads easily."""

import json
import math
from pathlib import Path
from typing import Any, Final

from domain.readings import FLOAT_COLUMNS, Occupancy, SleepStage
from ingest.decoder import Decoder
from ingest.decoding import Decoded
from ingest.inbox import Delivery
from ingest.profiles.loading import load_profiles, read_profile

DATA: Final = Path(__file__).parents[3] / "data" / "profiles"
AT: Final = 1_735_689_600_000
"""The instant in the payloads; they arrive then."""

SAMPLES: Final = (
    ("native", "care/c1/b1/readings", "native.json"),
    ("sleepace-cloud", "sleepace/cloud", "sleepace-cloud.json"),
    ("bm8701-2", "sleepace/bm8701-2/g1", "bm8701-2.json"),
    ("bm8701-2", "sleepace/bm8701-2/g1", "bm8701-2-second.json"),
    ("z400t", "sleepace/z400t/g1", "z400t.json"),
    ("wisleep", "data/demo/wisleep-eck/org/201900001", "wisleep.json"),
    ("wisleep", "/data/demo/wisleep-eck/org/201900001", "wisleep.json"),
    ("r60abd1", "/Radar60SP/AA0000000001/sys/property/post", "r60abd1-heart.json"),
    ("r60abd1", "/Radar60SP/AA0000000001/sys/property/post", "r60abd1-bed.json"),
    ("r60abd1", "/Radar60SP/AA0000000001/sys/property/post", "r60abd1-room.json"),
    ("c1001", "c1001/c1/state", "c1001.json"),
    ("c1001", "sleepsensor/bed_status", "c1001-bed.txt"),
    ("emfit-local", "emfit/001234/dvmstatus", "emfit-local.txt"),
    ("het", "het/h1/data", "het.json"),
    ("thingsboard", "Bed 101-1/v1/devices/me/telemetry", "thingsboard-object.json"),
    ("thingsboard", "Bed 101-1/v1/devices/me/telemetry", "thingsboard-timed.json"),
    ("thingsboard", "Bed 101-1/v1/devices/me/telemetry", "thingsboard-array.json"),
    ("thingsboard", "v1/gateway/telemetry", "thingsboard-gateway.json"),
)
"""Profile, topic and file of every payload."""


TIMED: Final = '[time]\npath = "t"\nunit = "ms"\n'
"""The belt tells its own time, as `Told` sends it."""


def shipped(*names: str) -> Decoder:
    return Decoder(load_profiles(names))


def own(tmp_path: Path, text: str) -> Decoder:
    """A profile of the test's, with everything that is always the same."""
    path = tmp_path / "own.toml"
    path.write_text(f'description = "a belt"\n{text}\n[[topics]]\nfilter = "own/{{belt}}"\n')
    return Decoder([read_profile(path)])


def sent(topic: str, body: Any, at: int = AT) -> Delivery:
    """A file's payload, or the body as JSON."""
    if isinstance(body, Path):
        return Delivery(topic, body.read_bytes(), at, 1, 1)
    return Delivery(topic, body if isinstance(body, bytes) else json.dumps(body).encode(), at, 1, 1)


def sample(name: str, at: int = AT) -> Delivery:
    topic = next(topic for _, topic, file in SAMPLES if file == name)
    return sent(topic, DATA / name, at)


def said(decoded: Decoded) -> list[dict[str, Any]]:
    """The readings with what they know, by belt and time."""
    batch, found = decoded.batch, []
    for n in range(len(batch)):
        reading: dict[str, Any] = {"belt": batch.belts[batch.belt[n]], "at": int(batch.observed_at[n]) - AT}
        values = {name: float(batch.columns()[name][n]) for name in FLOAT_COLUMNS}
        reading |= {name: value for name, value in values.items() if not math.isnan(value)}
        if batch.in_bed[n] != Occupancy.UNKNOWN:
            reading["in_bed"] = bool(batch.in_bed[n])
        if batch.sleep_stage[n] != SleepStage.UNKNOWN:
            reading["stage"] = SleepStage(batch.sleep_stage[n]).word
        found.append(reading)
    return found


class Told:
    """One belt under a profile: what each body becomes."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self.reasons: list[str] = []

    def __call__(self, at: int = 0, **values: Any) -> dict[str, Any]:
        """The reading's values; `at` (ms after AT) is its time and its arrival."""
        decoded = self.decoder.decode([sent("own/b", {"t": AT + at, **values}, AT + at)])
        self.reasons = [entry.reason for entry in decoded.refused]
        readings = said(decoded)
        if not readings:
            return {}
        reading = readings[0]
        del reading["belt"], reading["at"]
        return reading
