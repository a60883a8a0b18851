"""The service inside the test: its real wiring over its real stores, which the test can look into while it runs."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from domain.clock import Clock, SystemClock
from domain.readings import ReadingBatch
from nightbelt.service import Service, Stores, listen
from nightbelt.settings import Settings
from nightbelt.stopping import Stopping
from tests.integration.engines import Broker, until

ENDED_S = 20.0
EVER = 2**62


class Served:
    """A running service; `stores` are its own."""

    def __init__(self, service: Service, stores: Stores) -> None:
        self._service = service
        self.stores = stores

    @property
    def healthy(self) -> bool:
        return set(self._service._health().values()) == {"ok"}

    def readings(self, belt_id: str) -> ReadingBatch:
        return self.stores.readings.read(belt_id, 0, EVER)

    def total(self, belt_ids: Sequence[str]) -> int:
        return sum(len(self.readings(belt_id)) for belt_id in belt_ids)


@contextlib.contextmanager
def served(
    data: Path,
    broker: Broker,
    *,
    profiles: tuple[str, ...] = (),
    mqtt_alarms: bool = False,
    clock: Clock | None = None,
) -> Iterator[Served]:
    """Up, subscribed, and stopped at the end; by the machine's clock unless another is given."""
    settings = Settings(
        data_dir=data,
        mqtt_host=broker.host,
        mqtt_port=broker.port,
        web_port=0,
        secure_cookies=False,
        profiles=profiles,
        mqtt_alarms=mqtt_alarms,
    )
    data.mkdir(exist_ok=True)
    listener = listen(settings.web_host, settings.web_port)
    with contextlib.closing(listener), contextlib.closing(Stores(settings)) as stores:
        service, up = Service(settings, stores, listener, clock=clock or SystemClock()), threading.Event()
        thread = threading.Thread(target=service.run, args=(Stopping(), up.set), name="served")
        thread.start()
        try:
            running = Served(service, stores)
            until(lambda: up.is_set() and running.healthy)
            yield running
        finally:
            service.stop()
            thread.join(ENDED_S)
            assert not thread.is_alive()
