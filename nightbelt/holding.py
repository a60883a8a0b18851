"""Holding a data directory: made when missing, writable, and one service at a time."""

import fcntl
import os
from pathlib import Path
from typing import IO, Final

from domain.errors import ConfigurationError

LOCK_NAME: Final = "nightbelt.lock"


class DataDirectory:
    """A data directory that is ours until `release`, or until this process ends in whatever way.

    ConfigurationError when it cannot be made or written, or when another running service holds it. Nothing in it is
    touched before it is held.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock: IO[str] = (path / LOCK_NAME).open("a+", encoding="ascii")
        except OSError as error:
            raise ConfigurationError(f"data directory {path} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "unknown"
            self._lock.close()
            raise ConfigurationError(
                f"data directory {path} is in use by another nightbelt (process {holder}); stop that one first, "
                "or choose another directory"
            ) from error
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def release(self) -> None:
        """Give the directory back; may be called twice."""
        self._lock.close()
