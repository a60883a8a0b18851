"""The error tree.

    NightbeltError
    ├── ConfigurationError   wrong settings, files, options: no start; names file and key
    ├── RefusedError         a command that may not be carried out; nothing was changed
    │   ├── IllegalStepError     the alarm is not in a state that allows it
    │   ├── RoundOverError       the round is over, so nothing can be added to it
    │   ├── NotFoundError        no such alarm, resident, belt, person
    │   └── ForbiddenError       the person may not see or do this
    ├── UndecodableError     a message that no profile can read: goes to quarantine
    ├── RejectedError        an engine refused what it was given, for what is in it: again is in vain
    └── UnavailableError     an engine did not answer; `retryable`

Each error carries what is needed to act on it. `retryable` says whether the same call may succeed later.
"""


class NightbeltError(Exception):
    """Root of the tree."""

    retryable = False


class ConfigurationError(NightbeltError):
    """Settings, a file or an option are wrong. The message names the place and the key."""


class RefusedError(NightbeltError):
    """A command was refused and nothing was changed."""


class IllegalStepError(RefusedError):
    """The alarm's state does not allow the step."""

    def __init__(self, *, alarm_id: str, state: str, step: str) -> None:
        super().__init__(f"alarm {alarm_id} is {state}: cannot {step}")
        self.alarm_id = alarm_id
        self.state = state
        self.step = step


class RoundOverError(RefusedError):
    """The round is over; another has to be begun."""

    def __init__(self, round_id: str) -> None:
        super().__init__(f"round {round_id} is over")
        self.round_id = round_id


class NotFoundError(RefusedError):
    """There is no such thing, or the person may not know of it."""

    def __init__(self, kind: str, identifier: str) -> None:
        super().__init__(f"no {kind} {identifier!r}")
        self.kind = kind
        self.identifier = identifier


class ForbiddenError(RefusedError):
    """The person's role does not allow this."""


class UndecodableError(NightbeltError):
    """A payload that no decoder can read: `reason` is a fixed code for counting, `detail` is for a person."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class RejectedError(NightbeltError):
    """An engine looked at what it was given and refuses it: the same again is refused again.

    `detail` is in the engine's words, without the values of the readings.
    """

    def __init__(self, engine: str, detail: str) -> None:
        super().__init__(f"{engine} refused: {detail}")
        self.engine = engine
        self.detail = detail


class UnavailableError(NightbeltError):
    """An engine (readings store, records, broker) did not take or give something just now."""

    retryable = True

    def __init__(self, engine: str, detail: str) -> None:
        super().__init__(f"{engine} unavailable: {detail}")
        self.engine = engine
