"""What is known of past nights."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol

from domain.reports import KeptReport, LateDay
from domain.usual import NightRates, UsualLevels


class NightReports(Protocol):
    """The reports of nights, by resident and night."""

    def put(self, reports: Sequence[KeptReport]) -> None:
        """Keep each, in place of an earlier one of the same resident and night. Durable when it returns. Idempotent.

        What an older version of the analysis made, or the same version earlier, replaces nothing.
        """
        ...

    def get(self, resident_id: str, night: date) -> KeptReport | None:
        """The whole report; None when there is none."""
        ...

    def between(self, resident_id: str, first: date, last: date) -> list[KeptReport]:
        """The resident's reports of the nights `first` to `last`, both included, ascending, without their epochs."""
        ...

    def versions(self, first: date, last: date) -> Mapping[tuple[str, date], int]:
        """By which version the reports of these nights (both included) were made, by resident and night."""
        ...


class LateReadings(Protocol):
    """Days of readings that came after their night was over, and wait for its report to be made anew.

    Does not promise that a noted day holds a night of anybody.
    """

    def note(self, days: Iterable[tuple[str, int]]) -> None:
        """Each (belt id, UTC day) waits from now on. Durable when it returns."""
        ...

    def waiting(self) -> list[LateDay]: ...

    def done(self, days: Sequence[LateDay]) -> None:
        """They wait no more, but for those that were noted again since `waiting` gave them."""
        ...


class UsualBook(Protocol):
    """What is usual for residents, and the nights of rates it is worked out from.

    Does not promise more of a minute's rate than half a beat or an eighth of a breath.
    """

    def put_night(self, rates: NightRates) -> None:
        """Keep it in place of an earlier one of the same resident and night. Durable when it returns. Idempotent."""
        ...

    def nights(self, resident_id: str, since: date) -> list[NightRates]:
        """The resident's kept nights from `since` on, ascending."""
        ...

    def learned(self, night: date) -> frozenset[str]:
        """Whose rates of that night are kept."""
        ...

    def put_levels(self, levels: UsualLevels, *, forget_before: date) -> None:
        """Let the resident's levels be these, and forget their nights before `forget_before`. Durable afterwards."""
        ...

    def levels(self, resident_id: str | None = None) -> list[UsualLevels]:
        """Of the resident (None: of everybody), where there are some, by resident id."""
        ...
