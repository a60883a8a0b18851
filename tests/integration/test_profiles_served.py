"""`nightbelt serve` with a maker's profile on: a foreign belt's exit from bed is an alarm, at a real broker."""

import contextlib
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from domain.alarms import Alarm
from storage.duckdb_readings import DuckDBReadings
from storage.records import Records
from storage.records_alarm_book import RecordsAlarmBook
from storage.records_quarantine import RecordsQuarantine
from tests.integration.engines import Broker, mosquitto, until
from tests.integration.running import running_service
from tests.integration.ward import CENTER, entries


def _publish(broker: Broker, topic: str, body: Any) -> None:
    message = body if isinstance(body, str) else json.dumps(body)
    command = ["mosquitto_pub", "-q", "1", "-p", str(broker.port), "-t", topic, "-m", message]
    subprocess.run(command, check=True, timeout=10)


@pytest.mark.engine("mosquitto")
def test_a_radars_exit_is_an_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTBELT_PROFILES", "r60abd1,het")
    topic = "/Radar60SP/b0/sys/property/post"
    with (
        mosquitto(tmp_path / "broker") as broker,
        running_service(tmp_path / "data", broker.port, entries(1, limit_s=1)) as service,
    ):
        service.start()
        service.wait_for_session()
        for params in ({"getIntoBed": "1"}, {"heartRateValue": "71"}, {"getIntoBed": "0"}, {"breathValue": "900"}):
            _publish(broker, topic, {"params": params})
        until(lambda: _alarms(tmp_path / "data"), within_s=20)
        (alarm,) = _alarms(tmp_path / "data")
        assert alarm.belt_id == "b0"
        assert service.end(signal.SIGTERM) == 0
    with contextlib.closing(DuckDBReadings(tmp_path / "data" / "readings.duckdb")) as readings:
        stored = readings.read("b0", 0, 2**62)
    assert stored.in_bed.tolist() == [1, 1, 0, 0]
    assert stored.heart_rate.tolist()[1:] == [71, 71, 71]
    with contextlib.closing(Records.open(tmp_path / "data" / "records.sqlite")) as records:
        assert RecordsQuarantine(records).counts() == {"breathing_rate-out-of-range": 1}


def _alarms(data: Path) -> list[Alarm]:
    with contextlib.closing(Records.open(data / "records.sqlite")) as records:
        return RecordsAlarmBook(records).open_alarms(CENTER.center_id)
