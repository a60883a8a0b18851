"""What the sending of messages counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter


class DeliveryMetrics:
    """One set per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.deliveries = Counter(
            "nightbelt_deliveries",
            "Tries to send a message, by service and result",
            ["channel", "result"],
            registry=registry,
        )
        self.ended = Counter(
            "nightbelt_deliveries_ended", "Calls that are over, by how they ended", ["state"], registry=registry
        )
