"""What the reading path counts, for Prometheus."""

from collections.abc import Callable, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from domain.live import UnassignedBelt

PASS_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class IngestMetrics:
    """One set per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.messages = Counter("nightbelt_ingest_messages", "Messages taken in", registry=registry)
        self.stored = Counter("nightbelt_ingest_readings_stored", "Readings that were new", registry=registry)
        self.duplicates = Counter(
            "nightbelt_ingest_duplicates", "Readings that the store had already", registry=registry
        )
        self.quarantined = Counter(
            "nightbelt_ingest_quarantined", "Messages put in quarantine, by reason", ["reason"], registry=registry
        )
        self.ignored = Counter(
            "nightbelt_ingest_ignored", "Messages that held nothing to keep and nothing wrong", registry=registry
        )
        self.failures = Counter(
            "nightbelt_ingest_failures", "Calls that failed and are tried again, by stage", ["stage"], registry=registry
        )
        self.retained = Counter(
            "nightbelt_ingest_retained_readings",
            "Readings a broker kept for newcomers, which were passed over",
            registry=registry,
        )
        self.sessions_lost = Counter(
            "nightbelt_ingest_sessions_lost",
            "Times the broker had forgotten the session, and what it was to keep",
            registry=registry,
        )
        self.queue_depth = Gauge("nightbelt_ingest_queue_depth", "Messages waiting for the worker", registry=registry)
        self.held = Gauge("nightbelt_ingest_held_messages", "Messages taken in and not yet acked", registry=registry)
        self.connected = Gauge("nightbelt_ingest_connected", "1 while the broker's session is up", registry=registry)
        self.pass_seconds = Histogram(
            "nightbelt_ingest_pass_seconds", "Time of one pass", buckets=PASS_BUCKETS_S, registry=registry
        )


class SpoolMetrics:
    """Of the readings that wait for a store elsewhere; one set per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.waiting = Gauge("nightbelt_spool_waiting_readings", "Readings that wait to be sent on", registry=registry)
        self.oldest_age = Gauge(
            "nightbelt_spool_oldest_age_seconds", "How long the oldest reading has waited", registry=registry
        )
        self.size = Gauge("nightbelt_spool_size_bytes", "Size of the spool's files", registry=registry)
        self.forwarded = Counter("nightbelt_spool_forwarded", "Readings that the store took", registry=registry)
        self.rejected = Counter(
            "nightbelt_spool_rejected", "Readings that the store refused, now in quarantine", registry=registry
        )
        self.dropped = Counter("nightbelt_spool_dropped", "Readings lost over the spool's limit", registry=registry)
        self.failures = Counter(
            "nightbelt_spool_failures", "Writes to the store that failed or were slow", registry=registry
        )


class UnassignedMetrics:
    """Of the belts by which nobody is watched, counted by `latest` when it is asked; one set per registry."""

    def __init__(self, registry: CollectorRegistry, latest: Callable[[], Sequence[UnassignedBelt]]) -> None:
        gauge = Gauge(
            "nightbelt_unassigned_belts",
            "Belts that sent readings lately and lie under no bed, or under one without resident",
            ["under"],
            registry=registry,
        )
        gauge.labels("no-bed").set_function(lambda: sum(belt.place is None for belt in latest()))
        gauge.labels("vacant-bed").set_function(lambda: sum(belt.place is not None for belt in latest()))
