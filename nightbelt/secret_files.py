"""Files that hold secrets: there whole or not at all, and for their owner's eyes."""

import os
from pathlib import Path
from typing import Final

from domain.errors import ConfigurationError

SECRET: Final = 0o600
PUBLIC: Final = 0o644


def write_file(path: Path, text: str, mode: int = SECRET) -> bool:
    """Make `path` hold `text`; False when it did already. Who owned and could read the old one can so the new one.

    Survives a crash at any point with the old or the new text. ConfigurationError when it cannot be written.
    """
    try:
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return False
        _replace(path, text, mode)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error
    return True


def _replace(path: Path, text: str, mode: int) -> None:
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        if path.exists():
            kept = path.stat()
            if (kept.st_uid, kept.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(file.fileno(), kept.st_uid, kept.st_gid)
            mode = kept.st_mode & 0o777
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
    new.replace(path)
