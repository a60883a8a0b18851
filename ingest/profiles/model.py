"""What a profile file may say. Each key is described in docs/profiles.md; one that is not here is refused."""

from typing import Annotated, Literal

import msgspec

Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
Scalar = str | int | float | bool
Occupied = Literal["in", "out", "unknown"]
Stage = Literal["awake", "light", "deep", "rem", "unknown"]


class _Table(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A TOML table."""


class When(_Table, frozen=True):
    """A condition on another value of the same record: one of `is`, or none of `is_not`."""

    path: str
    is_: tuple[Scalar, ...] = msgspec.field(default=(), name="is")
    is_not: tuple[Scalar, ...] = ()


class Source(_Table, frozen=True):
    """Where a value comes from, and when it is none."""

    path: str
    when: When | None = None
    invalid: tuple[Scalar, ...] | None = None
    keep: tuple[Scalar, ...] = ()
    max_age_s: Seconds | None = None


class NumberSource(Source, frozen=True):
    """A number. `map` comes before `scale`, `range` after it."""

    as_: Literal["number", "ratio", "hex"] = msgspec.field(default="number", name="as")
    map: dict[str, float] = {}
    scale: float = 1
    range: tuple[float, float] | None = None
    clip: bool = False


class CountSource(NumberSource, frozen=True):
    """Turn-overs: how many since the last message, how many so far, or one with each message."""

    count: Literal["interval", "cumulative", "event"] = "interval"
    reset: Literal["none", "wrap", "midnight"] = "none"
    highest: int | None = None


class OccupancySource(Source, frozen=True):
    """Is somebody in the bed? Without a map: true and false."""

    map: dict[str, Occupied] = {}


class FlagSource(Source, frozen=True):
    """Yes or no. Without a map: true and false."""

    map: dict[str, bool] = {}


class StageSource(Source, frozen=True):
    """The maker's own sleep stage, kept as `sleep_stage`. What one says serves the readings that follow it."""

    map: dict[str, Stage] = {}


class TextSource(Source, frozen=True):
    """A short text."""


class Topic(_Table, frozen=True):
    """One topic filter, `{belt}` and `{field}` capturing a level, and how the payloads under it are read."""

    filter: str
    payload: Literal["json", "lines", "csv", "value"] = "json"
    records: str = "$"
    separator: str = ""
    columns: tuple[str, ...] = ()
    name: str = "value"


class Kind(_Table, frozen=True):
    """The value that tells kinds of records apart: which are read, which are passed over."""

    path: str
    read: tuple[Scalar, ...]
    ignore: tuple[Scalar, ...] = ()


class Sides(_Table, frozen=True):
    """Which half of a shared bed a record speaks of."""

    path: str
    map: dict[str, Literal["left", "right"]]


class Belt(_Table, frozen=True):
    """Whose record it is, unless the topic says so."""

    path: str = ""
    prefix: str = ""
    replace: dict[str, str] = {}
    side: Sides | None = None


class Time(_Table, frozen=True):
    """When it was. Without a path: when it arrived."""

    path: str = ""
    unit: Literal["s", "ms", "iso"] = "s"
    zone: str = "UTC"
    missing: Literal["refuse", "arrival"] = "refuse"
    max_skew_s: float | None = None
    beyond: Literal["refuse", "arrival"] = "refuse"


class Fields(_Table, frozen=True):
    """What is read of a record; a list of sources is tried in order."""

    heart_rate: NumberSource | list[NumberSource] = []
    breathing_rate: NumberSource | list[NumberSource] = []
    movement: NumberSource | list[NumberSource] = []
    signal_quality: NumberSource | list[NumberSource] = []
    turn_overs: CountSource | list[CountSource] = []
    in_bed: OccupancySource | list[OccupancySource] = []
    stage: StageSource | list[StageSource] = []


class Status(_Table, frozen=True):
    """What the belt says of itself."""

    online: FlagSource | list[FlagSource] = []
    battery: NumberSource | list[NumberSource] = []
    charging: FlagSource | list[FlagSource] = []
    firmware: TextSource | list[TextSource] = []


class ProfileFile(_Table, frozen=True):
    """A whole file."""

    description: str
    topics: Annotated[list[Topic], msgspec.Meta(min_length=1)]
    like: str = ""
    values: str = ""
    unused: tuple[str, ...] = ()
    merge: bool = False
    max_age_s: Seconds = 60
    settle_s: Seconds = 0
    cadence_s: Seconds | None = None
    kind: Kind | None = None
    belt: Belt = Belt()
    time: Time = Time()
    fields: Fields = Fields()
    status: Status = Status()


TABLES = (
    ProfileFile,
    Topic,
    Kind,
    Belt,
    Sides,
    Time,
    Fields,
    Status,
    When,
    NumberSource,
    CountSource,
    OccupancySource,
    FlagSource,
    StageSource,
    TextSource,
)
"""Every table of a profile file, for the documentation's test."""
