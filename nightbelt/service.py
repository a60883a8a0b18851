"""The service: stores, watch, ingest and pages wired together, and run in one process."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Sequence

import structlog
from prometheus_client import CollectorRegistry

from alerts.lifecycle import step
from alerts.watch import Watch
from api.app import create_app
from api.live import LiveHub
from api.reach import Reach
from api.server import BoardServer
from api.services import Services
from domain.clock import Clock
from domain.errors import ConfigurationError
from domain.ports import ReadingsStore
from ingest.decoder import Decoder
from ingest.metrics import UnassignedMetrics
from ingest.pipeline import Pipeline
from ingest.profiles.loading import load_profiles
from ingest.source import READINGS_FILTER, MqttSource
from ingest.statuses import STATUS_FILTER
from nightbelt.broker_tls import tls_context
from nightbelt.channels.calling import Calling
from nightbelt.channels.desks import Books
from nightbelt.channels.ways import Ways
from nightbelt.far_readings import FarReadings
from nightbelt.late import NotingReadings
from nightbelt.learning import Learner
from nightbelt.night_reports import NightReporter
from nightbelt.settings import Settings
from nightbelt.stopping import Stopping
from storage.duckdb_readings import DuckDBReadings
from storage.records import Records
from storage.records_alarm_book import RecordsAlarmBook
from storage.records_audit import RecordsAuditTrail
from storage.records_belts import RecordsBeltStatuses
from storage.records_care import RecordsCare
from storage.records_consents import RecordsConsents
from storage.records_contacts import RecordsContacts
from storage.records_night_reports import RecordsLateReadings, RecordsNightReports
from storage.records_outbox import RecordsOutbox
from storage.records_pauses import RecordsCarePauses
from storage.records_people import RecordsPeople
from storage.records_quarantine import RecordsQuarantine
from storage.records_register import RecordsRegister
from storage.records_rosters import RecordsRosters
from storage.records_rounds import RecordsRounds
from storage.records_usual import RecordsUsual

_log = structlog.get_logger(__name__)


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address; ConfigurationError in one sentence when that cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        why = "is already in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        raise ConfigurationError(
            f"web address {host}:{port} {why}; choose another port or stop what uses it"
        ) from error
    return listener


class Stores:
    """The open stores of one data directory; a context manager that closes what it opened.

    `far` is there when the readings are kept in InfluxDB.
    """

    def __init__(self, settings: Settings) -> None:
        self._stack = contextlib.ExitStack()
        with contextlib.ExitStack() as opened:
            self.records = opened.enter_context(contextlib.closing(Records.open(settings.records_location)))
            self.register = RecordsRegister(self.records)
            self.far = FarReadings(settings, self.register) if settings.influx_url else None
            self.readings: ReadingsStore
            if self.far is not None:
                opened.callback(self.far.close)
                self.readings = self.far.readings
            else:
                self.readings = opened.enter_context(contextlib.closing(DuckDBReadings(settings.readings_path)))
            self._stack = opened.pop_all()
        self.book = RecordsAlarmBook(self.records)
        self.people = RecordsPeople(self.records)
        self.pauses = RecordsCarePauses(self.records)
        self.audit = RecordsAuditTrail(self.records)
        self.quarantine = RecordsQuarantine(self.records)
        self.statuses = RecordsBeltStatuses(self.records)
        self.outbox = RecordsOutbox(self.records)
        self.contacts = RecordsContacts(self.records)
        self.rosters = RecordsRosters(self.records)
        self.reports = RecordsNightReports(self.records)
        self.late = RecordsLateReadings(self.records)
        self.care = RecordsCare(self.records)
        self.consents = RecordsConsents(self.records)
        self.rounds = RecordsRounds(self.records)
        self.usual = RecordsUsual(self.records)

    def learner(self, clock: Clock) -> Learner:
        return Learner(
            register=self.register,
            readings=self.readings,
            reports=self.reports,
            alarms=self.book,
            usual=self.usual,
            clock=clock,
        )

    def close(self) -> None:
        self._stack.close()


class _Server(BoardServer):
    """Says when the pages answer."""

    when_up: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.when_up()


class Service:
    """A running Nightbelt over open stores. `clock` is shared with whatever else lives in its time.

    `run` serves until asked to stop, and leaves nothing running.
    """

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        listener: socket.socket,
        *,
        clock: Clock,
        clock_speed: float = 1.0,
        banner: str | None = None,
    ) -> None:
        self._listener = listener
        self._registry = CollectorRegistry()
        self.hub = LiveHub()
        self.watch = Watch(
            register=stores.register,
            book=stores.book,
            now=clock.now(),
            statuses=stores.statuses,
            care=stores.care,
            pauses=stores.pauses,
            usual=stores.usual,
        )
        decoder = Decoder(load_profiles(settings.profiles, settings.profiles_dir))
        expects_session = bool(stores.book.states()[0])
        self._source = _source(settings, clock, decoder.topic_filters, expects_session=expects_session)
        self._reporter = NightReporter(
            register=stores.register,
            readings=stores.readings,
            reports=stores.reports,
            late=stores.late,
            clock=clock,
            maker_centers=settings.use_maker_stages,
            learner=stores.learner(clock),
        )
        self._pipeline = Pipeline(
            source=self._source,
            store=NotingReadings(stores.readings, stores.late, self._reporter.closed_at),
            quarantine=stores.quarantine,
            statuses=stores.statuses,
            watch=self.watch,
            publish=self.hub.publish,
            clock=clock,
            registry=self._registry,
            decode=decoder.decode,
            hear=self.watch.unassigned.hear,
        )
        UnassignedMetrics(self._registry, lambda: self.watch.unassigned.latest(clock.now()))
        self._forwarding = stores.far and stores.far.serve(
            quarantine=stores.quarantine,
            book=stores.book,
            publish=self.hub.publish,
            clock=clock,
            registry=self._registry,
        )
        self._ways = Ways(settings)
        services = self._services(settings, stores, clock, clock_speed, banner)
        self._calling = Calling(
            settings,
            Books(
                outbox=stores.outbox,
                contacts=stores.contacts,
                alarms=stores.book,
                people=stores.people,
                register=stores.register,
                rosters=stores.rosters,
            ),
            self._ways,
            services,
            broker=self._source,
            publish=self.hub.publish,
            clock=clock,
            registry=self._registry,
        )
        self._server = _Server(
            create_app(services),
            self.hub,
            host=settings.web_host,
            port=settings.web_port,
            proxies=settings.trusted_proxies,
        )

    def run(self, stopping: Stopping, when_up: Callable[[], None] = lambda: None) -> None:
        """Serve until asked to stop; `when_up` is called once the pages answer."""
        self._server.when_up = when_up
        self._reporter.start()
        self._pipeline.start()
        if self._forwarding:
            self._forwarding.start()
        self._calling.start()
        try:
            stopping.then(self.stop)
            asyncio.run(self._server.serve(sockets=[self._listener]))
        finally:
            self._calling.stop()
            self._pipeline.stop()
            self._reporter.stop()
            if self._forwarding:
                self._forwarding.stop()
            self._listener.close()

    def stop(self) -> None:
        self._server.should_exit = True

    def _services(
        self, settings: Settings, stores: Stores, clock: Clock, clock_speed: float, banner: str | None
    ) -> Services:
        return Services(
            clock=clock,
            clock_speed=clock_speed,
            register=stores.register,
            people=stores.people,
            book=stores.book,
            readings=stores.readings,
            statuses=stores.statuses,
            reports=stores.reports,
            rosters=stores.rosters,
            outbox=stores.outbox,
            care=stores.care,
            pauses=stores.pauses,
            audit=stores.audit,
            rounds=stores.rounds,
            usual=stores.usual,
            hub=self.hub,
            latest=self.watch.latest,
            unassigned=self.watch.unassigned.latest,
            step=step,
            secure_cookies=settings.secure_cookies,
            banner=banner,
            registry=self._registry,
            health=self._health,
            on_register_changed=self.watch.settings_changed,
            reach=Reach(contacts=stores.contacts, ways=self._ways),
            on_care=self.watch.cared,
            maker_centers=settings.use_maker_stages,
            consents=stores.consents,
        )

    def _health(self) -> dict[str, str]:
        broker = "ok" if self._source.connected else "not connected"
        far = self._forwarding.health() if self._forwarding else {}
        return {"broker": broker, **self._pipeline.health(), **far, **self._calling.health()}


def _source(settings: Settings, clock: Clock, topic_filters: Sequence[str], *, expects_session: bool) -> MqttSource:
    """`topic_filters` go beside the native ones; `expects_session`: readings came before this start, so the broker kept
    a session for us since.
    """
    files = (settings.mqtt_ca_file, settings.mqtt_cert_file, settings.mqtt_key_file)
    if any(files) and not settings.mqtt_tls:
        raise ConfigurationError("mqtt_ca_file, mqtt_cert_file, mqtt_key_file: are for TLS, and mqtt_tls is off")
    tls = tls_context(*files) if settings.mqtt_tls else None
    return MqttSource(
        host=settings.mqtt_host,
        port=settings.mqtt_port,
        client_id=settings.mqtt_client_id,
        state_filters=(STATUS_FILTER,),
        username=settings.mqtt_username or None,
        password=settings.mqtt_password.get_secret_value() or None,
        tls=tls,
        clock=clock,
        topic_filters=(READINGS_FILTER, *topic_filters),
        expects_session=expects_session,
    )
