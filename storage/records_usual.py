"""What is usual for residents in the records database.

A night is kept as a byte for each minute and rate (0: no value): 2 KB, 60 KB for the 28 nights of a resident. Medians
and MADs of pooled minutes cannot be had from summaries of single nights, and reading four weeks of readings of
everybody anew each morning takes minutes. A step of 1 bpm and 1/4 breath is finer than a belt.
"""

from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, select

from domain.usual import NightRates, UsualLevels
from storage.records import Records, put
from storage.tables import rate_nights, usual_levels

_STEPS: Final = {"heart_rate": 1.0, "breathing_rate": 0.25}
"""By rate: what a step of the byte is (per minute)."""
_LARGEST: Final = 255


class RecordsUsual:
    """`domain.ports.UsualBook` over `records`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def put_night(self, rates: NightRates) -> None:
        row = {
            "resident_id": rates.resident_id,
            "night": rates.night,
            "noon_at": rates.noon_at,
            "start_at": rates.start_at,
            **{name: _bytes(getattr(rates, name), step) for name, step in _STEPS.items()},
        }
        with self._records.write() as connection:
            put(connection, rate_nights, [row])

    def nights(self, resident_id: str, since: date) -> list[NightRates]:
        table = rate_nights.c
        query = select(rate_nights).where(table.resident_id == resident_id, table.night >= since).order_by(table.night)
        with self._records.read() as connection:
            return [_night(dict(row)) for row in connection.execute(query).mappings()]

    def learned(self, night: date) -> frozenset[str]:
        with self._records.read() as connection:
            return frozenset(
                connection.execute(select(rate_nights.c.resident_id).where(rate_nights.c.night == night)).scalars()
            )

    def put_levels(self, levels: UsualLevels, *, forget_before: date) -> None:
        row = {
            "resident_id": levels.resident_id,
            "nights": levels.nights,
            "last_night": levels.last_night,
            "limits": _nulls(levels.limits),
            "computed_at": levels.computed_at,
        }
        table = rate_nights.c
        old = delete(rate_nights).where(table.resident_id == levels.resident_id, table.night < forget_before)
        with self._records.write() as connection:
            put(connection, usual_levels, [row])
            connection.execute(old)

    def levels(self, resident_id: str | None = None) -> list[UsualLevels]:
        query = select(usual_levels).order_by(usual_levels.c.resident_id)
        if resident_id is not None:
            query = query.where(usual_levels.c.resident_id == resident_id)
        with self._records.read() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return [UsualLevels(**{**row, "limits": np.array(row["limits"], np.float32)}) for row in rows]


def _night(row: dict[str, Any]) -> NightRates:
    rates = {name: _rates(row[name], step) for name, step in _STEPS.items()}
    return NightRates(**{**row, **rates})


def _bytes(rate: NDArray[np.float32], step: float) -> bytes:
    known = np.clip(np.rint(np.nan_to_num(rate / step)), 1, _LARGEST)
    return np.where(np.isnan(rate), 0, known).astype(np.uint8).tobytes()


def _rates(packed: bytes, step: float) -> NDArray[np.float32]:
    steps = np.frombuffer(packed, np.uint8).astype(np.float32)
    return np.where(steps == 0, np.float32(np.nan), steps * np.float32(step)).astype(np.float32)


def _nulls(limits: NDArray[np.float32]) -> list[list[float | None]]:
    """To a tenth, as they are worked out: a float32 has a longer tail in JSON."""
    return [[None if np.isnan(value) else round(value, 1) for value in row] for row in limits.tolist()]
