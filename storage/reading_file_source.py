"""What a file of readings is, by what stands in it; its name says nothing."""

import codecs
import csv
import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

import duckdb

from domain.errors import ConfigurationError
from storage.reading_file_sql import csv_rows, parquet_rows, plain

HEAD_BYTES: Final = 64 * 1024
"""How much of a file is looked at to tell what it is; a header is shorter."""
BLOCK_BYTES: Final = 1024 * 1024
DELIMITERS: Final = ",;\t|"
_PARQUET_MARK: Final = b"PAR1"
_GZIP_MARK: Final = b"\x1f\x8b"
_UTF_8_MARK: Final = b"\xef\xbb\xbf"
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_ASCII_ONLY: Final = bytes(byte if byte < 0x80 else ord("?") for byte in range(256))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A query for the rows of a file (see `storage.reading_file_sql`), and the names in its header."""

    rows: str
    names: tuple[str, ...]


def read_source(path: Path, folder: Path, connection: duckdb.DuckDBPyConnection) -> Source:
    """What there is to read in `path`; `folder` is for what the query needs besides.

    ConfigurationError when it is neither CSV nor Parquet; OSError, duckdb.Error when it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(HEAD_BYTES)
    if not start:
        raise ConfigurationError(f"{path}: the file is empty")
    if start.startswith(_PARQUET_MARK):
        return _parquet(_linked(path, folder), connection)
    if not start.startswith(_GZIP_MARK):
        return _csv(path, folder, lambda: path.open("rb"), compression="none")
    try:
        return _csv(path, folder, lambda: cast("BinaryIO", gzip.open(path)), compression="gzip")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error


def _parquet(link: Path, connection: duckdb.DuckDBPyConnection) -> Source:
    found = connection.execute("DESCRIBE FROM read_parquet(?)", (str(link),)).fetchall()
    types = {name: kind for name, kind, *_ in found}
    return Source(rows=parquet_rows(str(link), types), names=tuple(types))


def _csv(path: Path, folder: Path, opened: Callable[[], BinaryIO], *, compression: str) -> Source:
    with opened() as file:
        number, header = _header(path, file.read(HEAD_BYTES))
    if _is_utf_8(opened):
        link = _linked(path, folder)
    else:
        link, compression = _copied(folder, opened), "none"
    delimiter = max(DELIMITERS, key=header.count)
    names = tuple(next(csv.reader([header], delimiter=delimiter, skipinitialspace=True)))
    columns = [plain(name) for name in names]
    rows = csv_rows(str(link), header_line=number, columns=columns, delimiter=delimiter, compression=compression)
    return Source(rows=rows, names=names)


def _header(path: Path, start: bytes) -> tuple[int, str]:
    """The first line with something in it, and its number."""
    if start.startswith(_UTF_16_MARKS):
        raise ConfigurationError(f"{path}: the text is UTF-16; save it as CSV in UTF-8")
    lines = start.removeprefix(_UTF_8_MARK).splitlines()
    number, line = next(((number, line) for number, line in enumerate(lines, 1) if line.strip()), (0, b""))
    if not line:
        raise ConfigurationError(f"{path}: there is nothing in it but empty lines")
    if len(line) == HEAD_BYTES or (b"\0" in start and b"observed_at" not in line.lower()):
        raise ConfigurationError(f"{path}: neither CSV nor Parquet")
    return number, line.decode("utf-8", "replace")


def _is_utf_8(opened: Callable[[], BinaryIO]) -> bool:
    decode = codecs.getincrementaldecoder("utf-8")().decode
    with opened() as file:
        try:
            while block := file.read(BLOCK_BYTES):
                decode(block)
            decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _copied(folder: Path, opened: Callable[[], BinaryIO]) -> Path:
    """A copy with "?" for everything that is not ASCII: what is looked at is ASCII, in whatever the remarks are."""
    copy = folder / "ascii"
    with opened() as file, copy.open("wb") as target:
        while block := file.read(BLOCK_BYTES):
            target.write(block.translate(_ASCII_ONLY))
    return copy


def _linked(path: Path, folder: Path) -> Path:
    """The file under a name that the engine takes for no pattern."""
    link = folder / "input"
    link.symlink_to(path.resolve())
    return link
