"""Messages from the broker: a persistent MQTT session with acks by hand, on our own network thread.

Fails toward redelivery: what was not acked on its own connection comes again. Nothing is dropped here; a full inbox
stops the reading of the socket, and the broker keeps the rest.
"""

import contextlib
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import structlog
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from domain.clock import Clock
from domain.units import DAY_MS, SECOND_MS
from ingest.inbox import Delivery, Inbox, Receipt
from ingest.negotiation import Backoff, ProtocolChoice
from ingest.outgoing import Outgoing
from ingest.outstanding import Outstanding
from ingest.transport import BufferedClient, BufferedSocket, HandshakeError, words_of

READINGS_FILTER: Final = "care/+/+/readings"
QOS: Final = 1
STATE_QOS: Final = 0
CAPACITY: Final = 20_000
"""Messages in the inbox before the socket is left alone; seconds of work at full speed."""
RECEIVE_MAXIMUM: Final = 65_535
"""Unacked messages the broker may have under way (MQTT 5); the most there is."""
SESSION_EXPIRY_S: Final = 7 * DAY_MS // SECOND_MS
"""How long the broker keeps the session without us; as long as a late reading is of use (`ingest.decoding`)."""
KEEPALIVE_S: Final = 30
CONNECT_TIMEOUT_S: Final = 3.0
TURN_S: Final = 1.0
"""The longest wait for the network; keep-alive is looked after this often."""
STEADY_S: Final = 10.0
"""A connection that lasted this long starts the waits between tries anew."""
STOP_TIMEOUT_S: Final = 5.0
WAKE_BYTES: Final = 4096
UNSUPPORTED_VERSION: Final = 132  # MQTT 5, reason codes
VERSIONS: Final = 2
"""MQTT versions that are tried in turns while the broker gives no answer."""

_log = structlog.get_logger(__name__)


class MqttSource:
    """A stream of `Delivery` for one taker, and the way back for its acks.

    `client_id` names the session: two sources with the same one throw each other out. `tls` is a ready context.
    `start` returns at once and the connection comes when the broker is there; a broker that refuses or cannot be
    reached is tried again for ever, with one log line per change of state. `state_filters` are for topics whose latest
    message the broker retains: it comes at each connect, so QoS 0 does, which takes none of the messages that a broker
    may have under way (nats-server divides those among the subscriptions). `expects_session`: the broker ought to hold
    a session from before this start; from the first connection on it ought to anyway.
    """

    def __init__(
        self,
        *,
        host: str,
        client_id: str,
        clock: Clock,
        port: int = 1883,
        username: str | None = None,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
        topic_filters: Sequence[str] = (READINGS_FILTER,),
        state_filters: Sequence[str] = (),
        capacity: int = CAPACITY,
        session_expiry_s: int = SESSION_EXPIRY_S,
        expects_session: bool = False,
    ) -> None:
        self._host, self._port, self._client_id, self._clock = host, port, client_id, clock
        self._username, self._password, self._tls = username, password, tls
        self._subscriptions = [*((name, QOS) for name in topic_filters), *((name, STATE_QOS) for name in state_filters)]
        self._session_expiry_s = session_expiry_s
        self._inbox = Inbox(capacity)
        self._outstanding, self._outgoing = Outstanding(), Outgoing()
        self._choice = ProtocolChoice()
        self._backoff = Backoff()
        self._acks: deque[Sequence[Receipt]] = deque()
        self._arrived: list[Delivery] = []
        self._received_at = 0
        self._epoch = 0
        self._answered = self._version_refused = False
        self._ready = False
        self._paused = False
        self._session_present = False
        self._expects_session = expects_session
        self._sessions_lost = self._unanswered = 0
        self._said: tuple[str, str] | None = None
        self._stopping = threading.Event()
        self._waker, self._wakee = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name=f"mqtt-{client_id}", daemon=True)

    @property
    def connected(self) -> bool:
        """Is the session up, and is something subscribed?"""
        return self._ready

    @property
    def connections(self) -> int:
        """How often it has begun to connect; another number than before: what was published in between may be lost."""
        return self._epoch

    @property
    def depth(self) -> int:
        """Messages that wait to be taken."""
        return len(self._inbox)

    @property
    def sessions_lost(self) -> int:
        """How often the broker had forgotten the session, and with it what came while we were away."""
        return self._sessions_lost

    @property
    def protocol(self) -> MQTTProtocolVersion:
        """The MQTT version spoken, or tried next."""
        return self._choice.version

    def start(self) -> None:
        self._waker.setblocking(False)
        self._wakee.setblocking(False)
        self._thread.start()

    def take(self, limit: int, timeout_s: float) -> list[Delivery]:
        """Up to `limit` messages in order of arrival; waits up to `timeout_s` for the first, or for `wake`."""
        taken = self._inbox.take(limit, timeout_s)
        if self._paused and taken:
            self._wake_network()
        return taken

    def ack(self, receipts: Sequence[Receipt]) -> None:
        """These messages are durable. Receipts of earlier connections are forgotten: those messages come again."""
        if receipts:
            self._acks.append(receipts)
            self._wake_network()

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> bool:
        """Hand something to the broker, at QoS 1; False when there is no connection. Lost when the connection ends."""
        if not self._ready:
            return False
        self._outgoing.put(topic, payload, retain=retain)
        self._wake_network()
        return True

    def wake(self) -> None:
        """End the wait of `take`."""
        self._inbox.wake()

    def stop(self) -> None:
        """Send the acks handed in, disconnect, keep the session at the broker. Idempotent."""
        self._stopping.set()
        if not self._thread.is_alive():
            self._close_wakers()
            return
        self._wake_network()
        self._thread.join(STOP_TIMEOUT_S)
        if not self._thread.is_alive():
            self._close_wakers()

    # The rest runs on the network thread.

    def _run(self) -> None:
        while not self._stopping.is_set():
            client = self._client()
            try:
                lasted_s = self._one_connection(client)
            except (OSError, ValueError) as error:
                self._say_unreachable(error)
                lasted_s = 0.0
            except Exception:  # noqa: BLE001 - the thread must not die: the connection is made again
                _log.exception("network thread failed", client_id=self._client_id)
                lasted_s = 0.0
            self._lost(client)
            if lasted_s >= STEADY_S:
                self._backoff.reset()
            self._pause_between_tries()

    def _client(self) -> BufferedClient:
        """A client for the version to try, with nothing left from earlier connections."""
        version = self._choice.version
        session: dict[str, Any] = {} if version == MQTTProtocolVersion.MQTTv5 else {"clean_session": False}
        client = BufferedClient(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=version,
            manual_ack=True,
            reconnect_on_failure=False,
            **session,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        if self._username is not None:
            client.username_pw_set(self._username, self._password)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._outgoing.answered
        client.deliver = self._arrive
        client.on_socket_register_write = _written_each_turn
        return client

    def _one_connection(self, client: BufferedClient) -> float:
        """Connect and serve until the connection ends or `stop`. Returns how long it stood (s). OSError: no way."""
        self._epoch += 1
        self._outstanding.begin(self._epoch)
        self._answered = False
        properties = self._connect_properties()
        started = False if self._choice.version == MQTTProtocolVersion.MQTTv5 else mqtt.MQTT_CLEAN_START_FIRST_ONLY
        client.connect_async(self._host, self._port, KEEPALIVE_S, clean_start=started, properties=properties)
        client.reconnect()
        sock = client.buffered
        if sock is None:
            raise OSError("no socket")
        begun = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self._wakee, selectors.EVENT_READ)
            selector.register(sock, selectors.EVENT_READ)
            while client.socket() is not None and not self._stopping.is_set():
                self._turn(client, sock, selector)
        if self._stopping.is_set():
            self._farewell(client, sock)
        elif not self._answered:
            self._closed_unanswered(sock)
        return time.monotonic() - begun

    def _closed_unanswered(self, sock: BufferedSocket) -> None:
        """It may not speak this MQTT version; when it takes no other either, it wants something else of us."""
        self._choice.closed_unanswered()
        self._unanswered += 1
        if self._unanswered >= VERSIONS:
            detail = words_of(sock.error) if sock.error else "none given"
            tls = self._tls is not None
            self._say("error", "broker closed the connection without an answer", tls=tls, detail=detail)

    def _connect_properties(self) -> Properties | None:
        if self._choice.version != MQTTProtocolVersion.MQTTv5:
            return None
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._session_expiry_s
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        return properties

    def _turn(self, client: BufferedClient, sock: BufferedSocket, selector: selectors.BaseSelector) -> None:
        """Send what is written, wait for the network or a wake, read one chunk, write the acks that are due."""
        if client.want_write():
            client.loop_write()
        sock.flush()
        client.loop_misc()
        self._paused = self._ready and self._inbox.full
        wanted = (0 if self._paused else selectors.EVENT_READ) | (selectors.EVENT_WRITE if sock.unsent else 0)
        self._watch(selector, sock, wanted)
        timeout_s = 0.0 if sock.pending and not self._paused else TURN_S
        for key, _ in selector.select(timeout_s):
            if key.fileobj is self._wakee:
                with contextlib.suppress(BlockingIOError):
                    self._wakee.recv(WAKE_BYTES)
        if not self._paused:
            self._read(client, sock)
        self._send_acks(client)
        if self._ready:
            self._outgoing.send(client)

    def _watch(self, selector: selectors.BaseSelector, sock: BufferedSocket, wanted: int) -> None:
        known = selector.get_map().get(sock.fileno())
        if known is None:
            if wanted:
                selector.register(sock, wanted)
        elif not wanted:
            selector.unregister(sock)
        elif known.events != wanted:
            selector.modify(sock, wanted)

    def _read(self, client: BufferedClient, sock: BufferedSocket) -> None:
        sock.fill()
        self._received_at = self._clock.now()
        while sock.readable:
            if client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                break
        if self._arrived:
            self._inbox.put(self._arrived)
            self._arrived = []

    def _send_acks(self, client: BufferedClient) -> None:
        while self._acks:
            for mid in self._outstanding.durable(self._acks.popleft()):
                client.ack(mid, QOS)

    def _farewell(self, client: BufferedClient, sock: BufferedSocket) -> None:
        self._send_acks(client)
        client.disconnect()
        client.loop_write()
        sock.close()

    def _lost(self, client: BufferedClient) -> None:
        self._ready = False
        self._outgoing.clear()
        if client.buffered is not None:
            client.buffered.close()

    def _pause_between_tries(self) -> None:
        """Wait before the next connect; not before there is room, for a connect brings all unacked messages again."""
        if self._version_refused:  # the answer was prompt, and the other version is not refused in this way
            self._version_refused = False
        else:
            self._stopping.wait(self._backoff.next_s())
        while self._inbox.full and not self._stopping.is_set():
            self._stopping.wait(TURN_S)

    # Callbacks of paho; they run inside `loop_read`.

    def _arrive(self, topic: str, payload: bytes, mid: int, retained: bool) -> None:
        if mid == 0 or self._outstanding.arrived(mid, topic, payload):
            self._arrived.append(Delivery(topic, payload, self._received_at, self._epoch, mid, retained))

    def _on_connect(
        self, client: mqtt.Client, _userdata: Any, flags: mqtt.ConnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        self._answered = True
        self._unanswered = 0
        if reason.value == UNSUPPORTED_VERSION:
            self._choice.refused_version()
            self._version_refused = True
        elif reason.is_failure:
            self._say("error", "broker refused the connection", reason=str(reason), username=self._username)
        else:
            self._choice.accepted()
            self._look_at_session(present=flags.session_present)
            client.subscribe([(name, self._how(qos)) for name, qos in self._subscriptions])

    def _look_at_session(self, *, present: bool) -> None:
        self._session_present = present
        if self._expects_session and not present:
            self._sessions_lost += 1
            _log.warning("broker forgot the session, messages since then may be lost", client_id=self._client_id)
        self._expects_session = True

    def _on_subscribe(
        self, client: mqtt.Client, _userdata: Any, _mid: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        """What was granted serves, whatever was refused; without anything the connection is made again later."""
        for (topic_filter, _), reason in zip(self._subscriptions, reasons, strict=False):
            if reason.is_failure:
                self._say("error", "broker refused the subscription", reason=str(reason), filter=topic_filter)
        if all(reason.is_failure for reason in reasons):
            client.disconnect()
            return
        self._ready = True
        self._say("info", "broker connected", protocol=self._choice.version.name, resumed=self._session_present)

    def _how(self, qos: int) -> Any:
        """The quality of service as this MQTT version wants it beside a filter."""
        return SubscribeOptions(qos=qos) if self._choice.version == MQTTProtocolVersion.MQTTv5 else qos

    def _on_disconnect(
        self, _client: mqtt.Client, _userdata: Any, _flags: mqtt.DisconnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        if self._ready and not self._stopping.is_set():
            self._say("warning", "broker connection lost", reason=str(reason))

    def _say_unreachable(self, error: Exception) -> None:
        match error:
            case ssl.SSLCertVerificationError():
                self._say("error", "certificate of the broker is not trusted", problem=error.verify_message)
            case HandshakeError():
                self._say("error", "no TLS with the broker", problem=words_of(error))
            case _:
                self._say("warning", "broker unreachable", error=words_of(error))

    def _say(self, level: str, event: str, **facts: Any) -> None:
        """Log a change of state, once; `detail` is no part of the state."""
        state = (event, repr(sorted((name, fact) for name, fact in facts.items() if name != "detail")))
        if state != self._said:
            self._said = state
            getattr(_log, level)(event, host=self._host, port=self._port, client_id=self._client_id, **facts)

    def _wake_network(self) -> None:
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")

    def _close_wakers(self) -> None:
        self._waker.close()
        self._wakee.close()


def _written_each_turn(_client: mqtt.Client, _userdata: Any, _sock: Any) -> None:
    """Being there makes paho leave the writing to our turn."""
