"""Which PUBACK may be sent: the messages of one connection that are in hand and not yet confirmed."""

from collections.abc import Iterable

from ingest.inbox import Receipt


class Outstanding:
    """Packet ids in hand on the present connection. Used by the network thread only.

    A packet id means something on one connection only (docs/decisions/0002): a receipt from an earlier one is
    forgotten, the broker delivers the message again. On one connection a broker may send the same message twice under
    one id (nats-server does after its `ack_wait`); the id is then confirmed once. Fails toward redelivery: an ack
    withheld costs a duplicate, an ack too many costs a reading.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self._content: dict[int, tuple[str, bytes]] = {}
        self._doubled: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._content)

    def begin(self, epoch: int) -> None:
        """A new connection: everything in hand belongs to an earlier one now."""
        self.epoch = epoch
        self._content.clear()
        self._doubled.clear()

    def arrived(self, mid: int, topic: str, payload: bytes) -> bool:
        """Note a message of the present connection; False when this very message is in hand already."""
        content = (topic, payload)
        known = self._content.setdefault(mid, content)
        if known is content:
            return True
        if known == content:
            return False
        self._doubled[mid] = self._doubled.get(mid, 0) + 1
        return True

    def durable(self, receipts: Iterable[Receipt]) -> list[int]:
        """The packet ids to confirm now, in the order of `receipts`.

        An id under which two different messages are in hand is confirmed with the last of them.
        """
        confirmed: list[int] = []
        for epoch, mid in receipts:
            if epoch != self.epoch or mid not in self._content:
                continue
            if self._doubled and self._still_doubled(mid):
                continue
            del self._content[mid]
            confirmed.append(mid)
        return confirmed

    def _still_doubled(self, mid: int) -> bool:
        count = self._doubled.pop(mid, 0)
        if count > 1:
            self._doubled[mid] = count - 1
        return count > 0
