"""What all tables share: the metadata, and columns of choices and words."""

from enum import Enum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Dialect,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
)


class Choice(TypeDecorator[Any]):
    """A member of the enum `kind`, stored by its value in a column of the type `stored`."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[Enum], stored: Any = String) -> None:
        super().__init__()
        self.kind = kind
        self.stored = stored

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(self.stored())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self.kind(value)


class Words(TypeDecorator[str]):
    """Free text. What no database takes (NUL, lone surrogates) is replaced: words must not stop a record."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


SERIAL: Final = BigInteger().with_variant(Integer, "sqlite")


metadata: Final = MetaData(
    naming_convention={
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)
