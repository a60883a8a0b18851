"""What a belt says of itself (docs/mqtt.md): decoding, and what of it is news.

Fails toward keeping, as readings do: an absurd value costs that value, not what is told beside it.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Final

import msgspec

from domain.belts import BeltStatus
from domain.errors import UndecodableError
from domain.ports import BeltStatuses
from domain.units import MINUTE_MS

STATUS_FILTER: Final = "care/+/+/status"
BATTERY_PERCENT: Final = (0, 100)
CHARGING: Final = 255
"""What belts send as their battery's charge while it is being charged."""
FIRMWARE_LETTERS_MAX: Final = 64
REPEAT_MS: Final = MINUTE_MS
"""A status that says nothing new is stored again after this long (our clock), so that `at` is not much behind."""


class WireStatus(msgspec.Struct, gc=False):
    """A status as it travels; None and absent are the same."""

    online: bool | None = None
    battery: float | None = None
    firmware: Annotated[str, msgspec.Meta(max_length=FIRMWARE_LETTERS_MAX)] | None = None


_decode: Final = msgspec.json.Decoder(WireStatus).decode


def status_of(belt_id: str, payload: bytes, at: int) -> tuple[BeltStatus, list[UndecodableError]]:
    """What `payload` (UTF-8), arrived at `at` (ms), tells of the belt, and what of it cannot be true.

    UndecodableError when it cannot be read: `not-json` or `wrong-type`.
    """
    try:
        told = _decode(payload)
    except msgspec.ValidationError as error:
        raise UndecodableError("wrong-type", str(error)) from error
    except (msgspec.MsgspecError, RecursionError) as error:
        raise UndecodableError("not-json", str(error)) from error
    problems: list[UndecodableError] = []
    battery, charging = told.battery, None
    if battery is not None:
        low, high = BATTERY_PERCENT
        charging = battery == CHARGING
        if not charging and not low <= battery <= high:
            problems.append(UndecodableError("battery-out-of-range", f"battery {battery!r} is not in {low} to {high}"))
            charging = None
        battery = battery if charging is False else None
    status = BeltStatus(
        belt_id=belt_id, at=at, online=told.online, battery=battery, charging=charging, firmware=told.firmware
    )
    return status, problems


class StatusNews:
    """Stores the news among statuses. A belt that repeats itself each second costs one write a minute.

    Used by the worker's thread only. Fails loudly: what the store did not take is news again.
    """

    def __init__(self, store: BeltStatuses) -> None:
        self._store = store
        self._stored: dict[str, BeltStatus] = {}

    def put(self, statuses: Iterable[BeltStatus]) -> None:
        """Durable when it returns, but for repeats younger than `REPEAT_MS`."""
        latest: dict[str, BeltStatus] = {}
        for status in statuses:
            known = latest.get(status.belt_id) or self._stored.get(status.belt_id)
            latest[status.belt_id] = _after(known, status) if known else status
        news = [status for status in latest.values() if self._is_news(status)]
        if news:
            self._store.put(news)
            self._stored.update((status.belt_id, status) for status in news)

    def _is_news(self, status: BeltStatus) -> bool:
        known = self._stored.get(status.belt_id)
        if known is None or abs(status.at - known.at) >= REPEAT_MS:
            return True
        return replace(status, at=known.at) != known


def _after(known: BeltStatus, status: BeltStatus) -> BeltStatus:
    """Both together. Our clock may have been put back; the store would take `status` for an old one then."""
    return known.and_then(replace(status, at=max(status.at, known.at)))
