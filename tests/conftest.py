"""The one PostgreSQL of a test run, for tests that need one and leave it running."""

from collections.abc import Iterator

import pytest

from tests.integration.engines_postgres import Postgres, postgres


@pytest.fixture(scope="session")
def postgres_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with postgres(tmp_path_factory.mktemp("postgres")) as engine:
        yield engine
