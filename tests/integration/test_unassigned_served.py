"""`nightbelt serve` tells of belts by which nobody is watched: from a real broker to board, programs, Prometheus."""

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from domain.clock import SystemClock
from tests.integration.board_stream import BoardStream
from tests.integration.engines import mosquitto, until
from tests.integration.running import running_service
from tests.integration.ward import CENTER, entries

SHOWN_WITHIN_S = 20


@pytest.mark.engine("mosquitto")
def test_a_misspelt_belt_is_shown(tmp_path: Path) -> None:
    with (
        mosquitto(tmp_path / "broker") as broker,
        running_service(tmp_path / "data", broker.port, entries(1)) as service,
    ):
        service.start()
        service.wait_for_session()
        for center, belt in ((CENTER.center_id, "b0"), (CENTER.center_id, "b00"), ("elsewhere", "b-lost")):
            message = json.dumps({"ts": SystemClock().now(), "in_bed": belt != "b-lost"})
            topic = f"care/{center}/{belt}/readings"
            command = ["mosquitto_pub", "-q", "1", "-p", str(broker.port), "-t", topic, "-m", message]
            subprocess.run(command, check=True, timeout=10)
        with BoardStream(service.web_port) as board:
            until(lambda: len(_unassigned(board)) == 2, within_s=SHOWN_WITHIN_S)
            told = [(belt["belt_id"], belt["bed"], belt["in_bed"]) for belt in _unassigned(board)]
            assert told == [("b00", None, True), ("b-lost", None, False)]
            assert "lie under no bed: b00 (somebody lies on it), b-lost." in board.get("/")[1]
        with urlopen(f"http://127.0.0.1:{service.web_port}/metrics", timeout=SHOWN_WITHIN_S) as answer:
            lines = answer.read().decode().splitlines()
        assert 'nightbelt_unassigned_belts{under="no-bed"} 2.0' in lines
        assert 'nightbelt_unassigned_belts{under="vacant-bed"} 0.0' in lines


def _unassigned(board: BoardStream) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(board.get("/api/belts/unassigned")[1])["belts"]
    return found
