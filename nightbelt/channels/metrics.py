"""What the sending of messages counts, for Prometheus."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a courier counts: each try, and how each message ended."""

    tries: Counter
    ended: Counter


class DeliveryMetrics:
    """One set per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.calls = Tally(
            tries=Counter(
                "nightbelt_deliveries",
                "Tries to send a message, by service and result",
                ["channel", "result"],
                registry=registry,
            ),
            ended=Counter(
                "nightbelt_deliveries_ended", "Calls that are over, by how they ended", ["state"], registry=registry
            ),
        )
        self.letters = Tally(
            tries=Counter(
                "nightbelt_deliveries_letters",
                "Tries to send a letter to a family, by service and result",
                ["channel", "result"],
                registry=registry,
            ),
            ended=Counter(
                "nightbelt_deliveries_letters_ended",
                "Letters to families that are over, by how they ended",
                ["state"],
                registry=registry,
            ),
        )
