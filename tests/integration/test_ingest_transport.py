"""The buffered socket, and the internals of paho that it stands on."""

import socket
from collections.abc import Iterator

import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from ingest.transport import CHUNK_BYTES, BufferedClient, BufferedSocket

V5, V311 = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311


@pytest.fixture
def pair() -> Iterator[tuple[BufferedSocket, socket.socket]]:
    near, far = socket.socketpair()
    near.setblocking(False)
    buffered = BufferedSocket(near)
    yield buffered, far
    buffered.close()
    far.close()


class TestBufferedSocket:
    def test_serves_what_was_filled_in_pieces(self, pair: tuple[BufferedSocket, socket.socket]) -> None:
        near, far = pair
        far.sendall(b"hello")
        with pytest.raises(BlockingIOError):
            near.recv(1)
        near.fill()
        assert (near.recv(1), near.recv(2), near.recv(9)) == (b"h", b"el", b"lo")
        assert not near.readable
        with pytest.raises(BlockingIOError):
            near.recv(1)

    def test_the_end_comes_after_the_rest(self, pair: tuple[BufferedSocket, socket.socket]) -> None:
        near, far = pair
        far.sendall(b"bye")
        far.close()
        near.fill()
        assert near.recv(9) == b"bye"
        assert near.readable
        assert near.recv(9) == b""

    def test_sends_together(self, pair: tuple[BufferedSocket, socket.socket]) -> None:
        near, far = pair
        assert near.send(b"ab") == 2
        near.send(b"cd")
        near.flush()
        assert not near.unsent
        assert far.recv(9) == b"abcd"

    def test_keeps_what_the_other_side_does_not_take(self, pair: tuple[BufferedSocket, socket.socket]) -> None:
        near, far = pair
        near.send(b"x" * 10_000_000)
        near.flush()
        assert near.unsent
        assert far.recv(CHUNK_BYTES)

    def test_closing_sends_the_rest(self, pair: tuple[BufferedSocket, socket.socket]) -> None:
        near, far = pair
        near.send(b"last")
        near.close()
        assert far.recv(9) == b"last"

    def test_sending_into_a_closed_connection_is_the_end(self, pair: tuple[BufferedSocket, socket.socket]) -> None:
        near, far = pair
        far.close()
        near.send(b"x")
        near.flush()
        assert near.ended
        assert near.recv(1) == b""

    def test_plain_sockets_have_nothing_pending(self, pair: tuple[BufferedSocket, socket.socket]) -> None:
        assert not pair[0].pending


class TestBufferedClient:
    """Holds paho to the internals that `BufferedClient` overrides."""

    @pytest.mark.parametrize("version", [V5, V311])
    def test_paho_makes_its_socket_and_hands_publishes_over_here(
        self, version: MQTTProtocolVersion, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        near, far = socket.socketpair()
        monkeypatch.setattr(socket, "create_connection", lambda *_, **__: near)
        client = BufferedClient(CallbackAPIVersion.VERSION2, "c", protocol=version, manual_ack=True)
        client.on_socket_register_write = lambda *_: None
        seen: list[tuple[str, bytes, int, bool]] = []
        client.deliver = lambda *message: seen.append(message)
        client.connect_async("broker")
        client.reconnect()
        assert client.buffered is not None
        properties = b"\x00" if version == V5 else b""
        for first, mid in ((0x32, b"\x00\x07"), (0x3B, b"\x00\x07"), (0x30, b"")):
            body = b"\x00\x01t" + mid + properties + b"pay"
            far.sendall(bytes([first, len(body)]) + body)
        client.buffered.fill()
        while client.buffered.readable:
            assert client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS
        assert seen == [("t", b"pay", 7, False), ("t", b"pay", 7, True), ("t", b"pay", 0, False)]
        client.ack(7, 1)
        client.loop_write()
        client.buffered.flush()
        assert far.recv(999).endswith(b"\x40\x02\x00\x07")
        far.sendall(b"\x32\x02\x00\x09")
        client.buffered.fill()
        assert client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS
        far.close()
