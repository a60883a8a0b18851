"""The InfluxDB that the tests start is what they take it for."""

from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from tests.integration.engines_influx import Influx, influx


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Influx]:
    with influx(tmp_path / "influx") as running:
        running.query("CREATE DATABASE b")
        yield running


def write(engine: Influx, line: str) -> int:
    request = Request(f"{engine.url}/api/v2/write?org=o&bucket=b&precision=ms", data=line.encode())
    with urlopen(request, timeout=5) as response:
        return int(response.status)


def test_lines_written_the_later_way_are_there_after_an_outage(engine: Influx) -> None:
    assert write(engine, "m,belt=b1 x=1 1795350000123") == 204
    engine.stop_database()
    with pytest.raises(HTTPError) as refused:
        write(engine, "m,belt=b1 x=2 1795350000124")
    assert refused.value.code == 502
    refused.value.close()
    engine.start_database()
    engine.kill()
    with pytest.raises(URLError):
        write(engine, "m,belt=b1 x=2 1795350000124")
    engine.start()
    assert engine.query("SELECT x FROM m", "b")[0]["values"] == [[1_795_350_000_123, 1]]
