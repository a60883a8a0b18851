"""What Mosquitto and nats-server are given to read: settings, logins, and who may publish and hear what. Pure text."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from nightbelt.broker_logins import BrokerLogins

UNACKED_MAX: Final = 65_535
"""Messages that MQTT lets be under way at once; nats-server divides them among a session's subscriptions."""
ACK_WAIT_S: Final = 5
OWN_ID: Final = "{belt}"
_BELT_TOPICS: Final = ("readings", "status")
_ITERATIONS: Final = 101  # Mosquitto's own; more would be for passwords that can be guessed
_SALT_BYTES: Final = 12
_WRITTEN: Final = "# Written by `nightbelt broker-config`; the next run writes it anew.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Where the broker is reached. With `cert_file` and `key_file`, both as the broker sees them, it speaks TLS."""

    host: str
    port: int
    cert_file: PurePath | None = None
    key_file: PurePath | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """Who may do what. `centers` is each enrolled belt's centre; `filters` is what the service subscribes to.

    `foreign` are topics of other makers' belts: with `{belt}` for the id that stands in it, which a belt publishes
    under its own; all others are a gateway's, for there the payload says whose a reading is.
    """

    logins: BrokerLogins
    centers: Mapping[str, str]
    filters: Sequence[str]
    foreign: Sequence[str] = ()

    @property
    def alarms(self) -> list[str]:
        """Where the service publishes alarms, and listeners hear them."""
        return [f"care/{center_id}/alarms/#" for center_id in sorted(set(self.centers.values()))]

    def publishes(self, belt_id: str) -> list[str]:
        """Where the belt does: under its own id, nowhere else."""
        native = [f"care/{self.centers[belt_id]}/{belt_id}/{what}" for what in _BELT_TOPICS]
        return native + [topic.replace(OWN_ID, belt_id) for topic in self.foreign if OWN_ID in topic]

    @property
    def gateway_publishes(self) -> list[str]:
        of_belts = [topic for belt_id in self.logins.belts for topic in self.publishes(belt_id)]
        return of_belts + [topic for topic in self.foreign if OWN_ID not in topic]


def mosquitto_conf(listener: Listener, directory: PurePath) -> str:
    """Everything Mosquitto 2 needs; `directory` is where it sees its files."""
    tls = f"certfile {listener.cert_file}\nkeyfile {listener.key_file}\n" if listener.cert_file else ""
    return (
        f"{_WRITTEN}"
        f"listener {listener.port} {listener.host}\n{tls}"
        "allow_anonymous false\n"
        "# a session belongs to a login: no belt can take the service's\n"
        "use_username_as_clientid true\n"
        f"password_file {directory / 'password_file'}\n"
        f"acl_file {directory / 'acl_file'}\n"
        "# what it holds for the service survives a restart, and a crash but for the last second\n"
        "persistence true\n"
        f"persistence_location {directory / 'data'}/\n"
        "autosave_interval 1\n"
        "autosave_on_changes true\n"
        "# and none of it is thrown away\n"
        "max_queued_messages 0\n"
        "max_inflight_messages 0\n"
    )


def mosquitto_passwords(logins: BrokerLogins) -> str:
    """Mosquitto's password file: salted PBKDF2 with SHA-512."""
    everybody = {**logins.service, **logins.gateways, **logins.listeners, **logins.belts}
    return "".join(f"{name}:{_pbkdf2(name, password)}\n" for name, password in everybody.items())


def mosquitto_acl(permissions: Permissions) -> str:
    """Mosquitto's access control list. What is not allowed is denied."""
    logins = permissions.logins
    parts = [_WRITTEN]
    for name in logins.service:
        read = [f"topic read {topic_filter}\n" for topic_filter in permissions.filters]
        parts.append(f"\nuser {name}\n{''.join(read)}{_writes(permissions.alarms)}")
    parts += [f"\nuser {name}\n{_writes(permissions.gateway_publishes)}" for name in logins.gateways]
    heard = "".join(f"topic read {topic_filter}\n" for topic_filter in permissions.alarms)
    parts += [f"\nuser {name}\n{heard}" for name in logins.listeners]
    parts += [f"\nuser {belt_id}\n{_writes(permissions.publishes(belt_id))}" for belt_id in logins.belts]
    return "".join(parts)


def nats_conf(listener: Listener, directory: PurePath, *, subscriptions: int) -> str:
    """Everything nats-server needs; `subscriptions` is how many the service makes at QoS 1."""
    tls = ""
    if listener.cert_file:
        tls = f"  tls {{ cert_file: {_quoted(listener.cert_file)}, key_file: {_quoted(listener.key_file)} }}\n"
    return (
        f"{_WRITTEN}"
        'server_name: "nightbelt"\n'
        "listen: 127.0.0.1:-1  # NATS' own protocol, which nobody here speaks\n"
        "# what it holds for the service survives a restart, and a crash but for the last second\n"
        f'jetstream {{ store_dir: {_quoted(directory / "data")}, sync_interval: "1s" }}\n'
        "mqtt {\n"
        f"  host: {_quoted(listener.host)}\n  port: {listener.port}\n{tls}"
        f"  max_ack_pending: {UNACKED_MAX // max(1, subscriptions)}\n"
        f'  ack_wait: "{ACK_WAIT_S}s"\n'
        "}\n"
        'include "logins.conf"\n'
    )


def nats_logins(permissions: Permissions) -> str:
    """nats-server's users with what they may do, as it names topics: subjects."""
    logins = permissions.logins
    users = [
        _user(name, password, permissions.alarms, permissions.filters) for name, password in logins.service.items()
    ]
    users += [_user(name, password, permissions.gateway_publishes) for name, password in logins.gateways.items()]
    users += [_user(name, password, (), permissions.alarms) for name, password in logins.listeners.items()]
    users += [_user(belt_id, password, permissions.publishes(belt_id)) for belt_id, password in logins.belts.items()]
    return f"{_WRITTEN}authorization {{\n  users: [\n{''.join(users)}  ]\n}}\n"


def subject(topic: str) -> str:
    """A topic or filter as nats-server names it: levels by dots, a dot in a level as two slashes, no level as one."""
    words = {"+": "*", "#": ">", "": "/"}
    return ".".join(words.get(level, level.replace(".", "//")) for level in topic.split("/"))


def _user(name: str, password: str, publishes: Iterable[str], hears: Iterable[str] = ()) -> str:
    published = ", ".join(_quoted(subject(topic)) for topic in publishes)
    publish = f"allow: [{published}]" if published else 'deny: ">"'
    subscribe = ", ".join(_quoted(subject(topic)) for topic in hears)
    hear = f"allow: [{subscribe}]" if subscribe else 'deny: ">"'
    return (
        f"    {{ user: {_quoted(name)}, password: {_quoted(password)}, permissions: {{\n"
        f"      publish: {{ {publish} }}, subscribe: {{ {hear} }} }} }}\n"
    )


def _writes(topics: Iterable[str]) -> str:
    return "".join(f"topic write {topic}\n" for topic in topics)


def _pbkdf2(name: str, password: str) -> str:
    """The salt comes from name and password, so that the same logins make the same file; passwords are random."""
    salt = hmac.digest(password.encode(), name.encode(), hashlib.sha256)[:_SALT_BYTES]
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${b64encode(salt).decode()}${b64encode(digest).decode()}"


def _quoted(text: object) -> str:
    return json.dumps(str(text))
