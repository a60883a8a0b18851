"""A buffered socket under paho: large reads served in small pieces, small writes sent together.

paho reads a packet byte by byte from its socket and writes each ack by itself; with a system call each, that costs
more than everything else on the path of a reading.
"""

import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Final

from paho.mqtt import client as mqtt
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion

CHUNK_BYTES: Final = 64 * 1024
"""Bytes taken from the socket at once: some hundred readings, a few milliseconds of work."""
CLOSE_TIMEOUT_S: Final = 1.0
"""How long closing waits for the last acks to leave."""
QOS_BITS: Final = 0b0110  # of a PUBLISH's first byte
QOS_0: Final = 0b0000
QOS_1: Final = 0b0010
RETAIN: Final = 0b0001
CONTINUED: Final = 0b1000_0000
"""The bit of a length byte that says another one follows."""


class HandshakeError(OSError):
    """No TLS came about, for another reason than the broker's certificate."""


class BufferedSocket:
    """What paho needs of a socket. `fill` and `flush` do the system calls; `recv` and `send` only move bytes.

    A socket error ends the stream: `recv` serves what is buffered, then b"", which paho takes as connection lost.
    `error` is the one it ended with.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._in = b""
        self._at = 0
        self._out = bytearray()
        self.ended = False
        self.error: OSError | None = None

    @property
    def readable(self) -> bool:
        """Is there something that `recv` would answer: bytes, or the end?"""
        return self._at < len(self._in) or self.ended

    @property
    def unsent(self) -> bool:
        return bool(self._out)

    @property
    def pending(self) -> bool:
        """Has TLS decrypted bytes that no select will report?"""
        return isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0

    def fill(self) -> None:
        """Read up to one chunk without waiting. Only when everything before was served."""
        parts: list[bytes] = []
        room = CHUNK_BYTES
        try:
            while room > 0:
                data = self._sock.recv(room)
                if not data:
                    self.ended = True
                    break
                parts.append(data)
                room -= len(data)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError as error:
            self._fail(error)
        self._in = b"".join(parts)
        self._at = 0

    def flush(self) -> None:
        """Send what was written, as far as the socket takes it without waiting."""
        try:
            while self._out:
                sent = self._sock.send(self._out)
                del self._out[:sent]
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError as error:
            self._fail(error)
            self._out.clear()

    def recv(self, buffer_size: int) -> bytes:
        start = self._at
        end = start + buffer_size
        data = self._in[start:end]
        if not data:
            if self.ended:
                return b""
            raise BlockingIOError
        self._at = start + len(data)
        return data

    def send(self, buffer: bytes | bytearray) -> int:
        self._out += buffer
        return len(buffer)

    def fileno(self) -> int:
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        self._sock.setblocking(flag)

    def close(self) -> None:
        """Send what is left, waiting for at most `CLOSE_TIMEOUT_S`, and close."""
        with contextlib.suppress(OSError):
            if self._out and not self.ended:
                self._sock.settimeout(CLOSE_TIMEOUT_S)
                self._sock.sendall(self._out)
        self._out.clear()
        self.ended = True
        self._sock.close()

    def _fail(self, error: OSError) -> None:
        self.ended = True
        self.error = self.error or error


class BufferedClient(mqtt.Client):
    """paho's client on a `BufferedSocket`, for the external loop only (`loop_start` would read nothing).

    `deliver` gets (topic, payload, packet id, retained) of each message instead of `on_message`; the id is 0 at QoS 0,
    `retained` says that the broker kept it for newcomers. It runs inside `loop_read` and must not raise. The
    overridden methods are paho's internals; tests hold them to what is used.
    """

    buffered: BufferedSocket | None = None
    deliver: Callable[[str, bytes, int, bool], None]

    def _create_socket(self) -> BufferedSocket:
        """The one place where paho makes its socket; it wraps for websockets here, too."""
        made = super()._create_socket()
        if not isinstance(made, socket.socket):
            raise TypeError("only plain and TLS sockets are buffered")
        with contextlib.suppress(OSError):
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffered = BufferedSocket(made)
        return self.buffered

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        """paho leaves its socket open when the handshake fails."""
        if self._ssl_context is None:
            raise HandshakeError("no TLS context")
        wrapped = self._ssl_context.wrap_socket(tcp_sock, server_hostname=self._host, do_handshake_on_connect=False)
        try:
            wrapped.settimeout(self.connect_timeout)
            wrapped.do_handshake()
        except ssl.SSLCertVerificationError:
            wrapped.close()
            raise
        except OSError as error:
            wrapped.close()
            raise HandshakeError(words_of(error)) from error
        return wrapped

    def _handle_publish(self) -> MQTTErrorCode:
        """Take a PUBLISH apart by hand: paho's objects for properties and waiting cost more than all our work on it."""
        command, packet = self._in_packet["command"], self._in_packet["packet"]
        if command & QOS_BITS not in (QOS_0, QOS_1):
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        try:
            topic, payload, mid = parse_publish(
                packet, acked=command & QOS_BITS == QOS_1, properties=self._protocol == MQTTProtocolVersion.MQTTv5
            )
        except IndexError:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        self.deliver(topic, payload, mid, command & RETAIN == RETAIN)
        return MQTTErrorCode.MQTT_ERR_SUCCESS


def words_of(error: Exception) -> str:
    """What the error says, without the place in the library it came from; never empty."""
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def parse_publish(packet: bytes | bytearray, *, acked: bool, properties: bool) -> tuple[str, bytes, int]:
    """(topic, payload, packet id) of what follows a PUBLISH's fixed header; IndexError when it is cut short.

    `acked`: QoS 1, so there is a packet id. `properties`: MQTT 5, whose properties are skipped. A topic that is not
    UTF-8 is given as "". MQTT 3.1.1 section 3.3, MQTT 5 section 3.3.
    """
    at = 2 + (packet[0] << 8 | packet[1])
    try:
        topic = packet[2:at].decode()
    except UnicodeDecodeError:
        topic = ""
    mid = 0
    if acked:
        mid = packet[at] << 8 | packet[at + 1]
        at += 2
    if properties:
        length = packet[at]
        at += 1
        if length:
            shift = 0
            while packet[at - 1] & CONTINUED:
                shift += 7
                length += (packet[at] << shift) - (CONTINUED << shift - 7)
                at += 1
            at += length
    if at > len(packet):
        raise IndexError("PUBLISH is cut short")
    return topic, bytes(packet[at:]), mid
