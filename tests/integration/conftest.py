"""Brokers as fixtures, for tests that need one of their own and nothing special about it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.engines import Broker, mosquitto, nats


@pytest.fixture
def mosquitto_broker(tmp_path: Path) -> Iterator[Broker]:
    with mosquitto(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture
def nats_broker(tmp_path: Path) -> Iterator[Broker]:
    with nats(tmp_path / "nats", mqtt='ack_wait: "1s"') as broker:
        yield broker
