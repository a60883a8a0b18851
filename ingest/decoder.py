"""All messages to readings: native ones by `ingest.decoding`, the others by the profile that reads their topic.

Every message is accepted (it held a reading or a status, and nothing in it was refused), ignored (it holds nothing
that is kept, and its profile says so) or quarantined (something in it was refused; it is kept whole, beside the
readings that could be had). Fails toward keeping; never raises, whatever the bytes are.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from domain.belts import BeltStatus
from domain.errors import UndecodableError
from domain.ports import Quarantined
from domain.readings import ReadingBatch
from ingest.decoding import TOPICS_KNOWN_MAX, Decoded, decode, quarantined
from ingest.inbox import Delivery
from ingest.profiles.loading import Profile
from ingest.profiles.reader import Captured, ProfileReader, Shown, Understood
from ingest.profiles.rows import Rows
from ingest.profiles.topics import NATIVE_ROOT, pattern, subscription

_NATIVE: Final = f"{NATIVE_ROOT}/"

Route = tuple[ProfileReader, Captured]


class Decoder:
    """What the worker decodes with. One thread: profiles remember what belts said before."""

    def __init__(self, profiles: Sequence[Profile] = ()) -> None:
        self._patterns = [
            (pattern(topic.filter), reader, n)
            for profile, reader in ((profile, profile.reader()) for profile in profiles)
            for n, topic in enumerate(profile.file.topics)
        ]
        self.topic_filters = tuple(subscription(topic.filter) for profile in profiles for topic in profile.file.topics)
        self._route = lru_cache(maxsize=TOPICS_KNOWN_MAX)(self._routed)

    def reads(self, topic: str) -> bool:
        """Does a profile read this topic?"""
        return not topic.startswith(_NATIVE) and self._route(topic) is not None

    def decode(self, messages: Sequence[Delivery], show: Callable[[Shown], None] | None = None) -> Decoded:
        """All messages as one sorted batch without repeats; a topic that no profile reads is judged as native.

        `show` is told of every record that a profile read.
        """
        if not self._patterns:
            return decode(messages)
        routes = [None if message.topic.startswith(_NATIVE) else self._route(message.topic) for message in messages]
        native = [message for message, route in zip(messages, routes, strict=True) if route is None]
        if len(native) == len(messages):
            return decode(messages)
        foreign = [(message, route) for message, route in zip(messages, routes, strict=True) if route is not None]
        return _joined(decode(native), _by_profile(foreign, show)) if native else _by_profile(foreign, show)

    def _routed(self, topic: str) -> Route | None:
        for known, reader, n in self._patterns:
            found = known.fullmatch(topic)
            if found is not None:
                levels = found.groupdict()
                return reader, Captured(n, levels.get("belt"), levels.get("field"))
        return None


def _by_profile(foreign: Sequence[tuple[Delivery, Route]], show: Callable[[Shown], None] | None) -> Decoded:
    rows = Rows()
    refused: list[Quarantined] = []
    statuses: list[BeltStatus] = []
    ignored = retained = 0
    for message, (reader, captured) in foreign:
        work = _understood(message, reader, captured, rows, show)
        statuses += work.statuses
        retained += work.retained
        if work.problems:
            refused.append(quarantined(message, work.problems))
        elif not work.told:
            ignored += 1
    return Decoded(
        batch=rows.batch(),
        refused=refused,
        repeats=rows.repeats,
        statuses=statuses,
        retained=retained,
        ignored=ignored,
    )


def _understood(
    message: Delivery,
    reader: ProfileReader,
    captured: Captured,
    rows: Rows,
    show: Callable[[Shown], None] | None,
) -> Understood:
    try:
        return reader.read(message, captured, rows, show)
    except Exception as error:  # noqa: BLE001 - one message must not stop the others: it is kept and counted
        problem = UndecodableError("decoder-failed", f"{type(error).__name__}: {error}")
        return Understood(received_at=message.received_at, belt=captured.belt, rows=rows, problems=[problem])


def _joined(native: Decoded, foreign: Decoded) -> Decoded:
    batch = ReadingBatch.join([native.batch, foreign.batch])
    distinct = batch.distinct()
    return Decoded(
        batch=distinct,
        refused=sorted(native.refused + foreign.refused, key=lambda entry: entry.received_at),
        repeats=native.repeats + foreign.repeats + len(batch) - len(distinct),
        statuses=native.statuses + foreign.statuses,
        retained=native.retained + foreign.retained,
        ignored=native.ignored + foreign.ignored,
        centers=native.centers,
    )
