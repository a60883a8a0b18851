"""Makes an InfluxDB server ready: buckets with their retention, the names InfluxQL knows them by, a token.

Safe to repeat. Never shortens a retention unless told to, because that deletes readings.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from influxdb_client import (
    Authorization,
    Bucket,
    BucketRetentionRules,
    DBRPCreate,
    DBRPsService,
    Organization,
    Permission,
    PermissionResource,
)
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from domain.errors import ConfigurationError, RefusedError
from storage.influx_server import InfluxServer, named, told

_DAY_S: Final = 86_400
FOREVER: Final = 0
_NOT_FOUND: Final = 404
_RETENTION_POLICY: Final = "autogen"
"""What 1.x calls the retention policy that it makes by itself; on 2.x just a name that the mapping needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPlan:
    """A bucket as it should be: how long it keeps what it is given, in shards (files) of how many days."""

    name: str
    keep_days: int
    shard_days: int


class InfluxSetup:
    """Set-up of `server` by somebody whose token may create buckets.

    Raises UnavailableError and ConfigurationError; RefusedError where a retention would have to be shortened.
    """

    def __init__(self, server: InfluxServer, *, shorten: bool = False) -> None:
        self._server = server
        self._shorten = shorten
        self.version = server.version()

    @property
    def has_tokens(self) -> bool:
        """Can a token be limited to buckets? 1.x has users instead, 3 Core only tokens that may do everything."""
        return self.version.startswith("2.")

    def make(self, plans: Sequence[BucketPlan]) -> Iterator[str]:
        """Make or change the buckets; yields what was found or done, a sentence each."""
        if self.version.startswith("1."):
            yield from (self._make_1(plan) for plan in plans)
        elif self.version.startswith("2."):
            with _told():
                org = self._organisation()
                for plan in plans:
                    yield from self._make_2(org, plan)
        elif self.version.startswith("3."):
            there = self._databases_3()
            yield from (self._make_3(plan, there) for plan in plans)
        else:
            raise ConfigurationError(f"{self._server.url} is InfluxDB {self.version}; known are 1.8, 2.x and 3 Core")

    def issue_token(self, names: Sequence[str], *, replace: bool = False) -> str | None:
        """A token of 2.x that may read and write the buckets and do nothing else.

        None when one was issued earlier, unless it is to be replaced: a server does not tell a token twice.
        """
        purpose = f"nightbelt: reads and writes {' and '.join(names)}"
        with _told():
            org = self._organisation()
            tokens = self._server.client.authorizations_api()
            earlier = [one for one in tokens.find_authorizations(org_id=org.id) if one.description == purpose]
            if earlier and not replace:
                return None
            resources = [
                PermissionResource(type="buckets", id=self._bucket(org, name).id, org_id=org.id) for name in names
            ]
            permissions = [Permission(action=action, resource=one) for one in resources for action in ("read", "write")]
            issued = tokens.create_authorization(
                authorization=Authorization(org_id=org.id, description=purpose, permissions=permissions)
            )
            for one in earlier:
                tokens.delete_authorization(one)
        token: str = issued.token
        return token

    def _make_1(self, plan: BucketPlan) -> str:
        database = named(plan.name)
        if plan.name not in _column(self._server.command("", "SHOW DATABASES"), "name"):
            self._server.command(
                "", f"CREATE DATABASE {database} WITH {_duration(plan)} NAME {named(_RETENTION_POLICY)}"
            )
            return _made("database", plan)
        policies = self._server.command("", f"SHOW RETENTION POLICIES ON {database}")
        columns = ("name", "duration", "default")
        name, kept = next(
            (name, _seconds(kept))
            for name, kept, default in zip(*(_column(policies, column) for column in columns), strict=True)
            if default
        )
        if kept == plan.keep_days * _DAY_S:
            return _unchanged("database", plan)
        self._refuse_to_shorten("database", plan, kept)
        self._server.command("", f"ALTER RETENTION POLICY {named(name)} ON {database} {_duration(plan)}")
        return _changed("database", plan, kept)

    def _make_2(self, org: Organization, plan: BucketPlan) -> Iterator[str]:
        buckets = self._server.client.buckets_api()
        rule = BucketRetentionRules(
            type="expire", every_seconds=plan.keep_days * _DAY_S, shard_group_duration_seconds=plan.shard_days * _DAY_S
        )
        found = self._find_bucket(org, plan.name)
        if found is None:
            found = buckets.create_bucket(bucket_name=plan.name, retention_rules=rule, org=org.id)
            yield _made("bucket", plan)
        else:
            kept = found.retention_rules[0].every_seconds if found.retention_rules else FOREVER
            if kept == rule.every_seconds:
                yield _unchanged("bucket", plan)
            else:
                self._refuse_to_shorten("bucket", plan, kept)
                found.retention_rules = [rule]
                buckets.update_bucket(found)
                yield _changed("bucket", plan, kept)
        yield self._map(org, found)

    def _map(self, org: Organization, bucket: Bucket) -> str:
        """Let InfluxQL find the bucket under its own name."""
        mappings = DBRPsService(self._server.client.api_client)
        there = [one for one in mappings.get_dbr_ps(org_id=org.id, db=bucket.name).content or [] if one.default]
        if any(one.bucket_id == bucket.id for one in there):
            return f"InfluxQL knows bucket {bucket.name}"
        if there:
            raise ConfigurationError(f"InfluxQL knows another bucket as {bucket.name}; remove that DBRP mapping first")
        mappings.post_dbrp(
            DBRPCreate(
                org_id=org.id,
                bucket_id=bucket.id,
                database=bucket.name,
                retention_policy=_RETENTION_POLICY,
                default=True,
            )
        )
        return f"mapped bucket {bucket.name} for InfluxQL"

    def _databases_3(self) -> set[str]:
        rows, _ = self._server.call("GET", "/api/v3/configure/database", [("format", "json")])
        return {str(name) for row in rows or [] for name in row.values()}

    def _make_3(self, plan: BucketPlan, there: set[str]) -> str:
        if plan.name in there:
            return f"database {plan.name} exists; InfluxDB 3 Core keeps the retention that it was made with"
        body = {"db": plan.name, "retention_period": f"{plan.keep_days}d"}
        self._server.call("POST", "/api/v3/configure/database", body=body)
        return _made("database", plan)

    def _organisation(self) -> Organization:
        try:
            found = self._server.client.organizations_api().find_organizations(org=self._server.org)
        except ApiException as error:
            if error.status != _NOT_FOUND:
                raise
            found = []
        organisation: Organization | None = found[0] if found else None
        if organisation is None:
            raise ConfigurationError(f"influx_org {self._server.org!r}: {self._server.url} has no such organisation")
        return organisation

    def _find_bucket(self, org: Organization, name: str) -> Bucket | None:
        try:
            found = self._server.client.buckets_api().find_buckets(name=name, org_id=org.id).buckets
        except ApiException as error:
            if error.status != _NOT_FOUND:
                raise
            return None
        return found[0] if found else None

    def _bucket(self, org: Organization, name: str) -> Bucket:
        found = self._find_bucket(org, name)
        if found is None:
            raise ConfigurationError(f"no bucket {name} at {self._server.url}")
        return found

    def _refuse_to_shorten(self, kind: str, plan: BucketPlan, kept_s: int) -> None:
        if (kept_s == FOREVER or kept_s > plan.keep_days * _DAY_S) and not self._shorten:
            raise RefusedError(
                f"{kind} {plan.name} keeps {_length(kept_s)}, more than the {plan.keep_days} days asked for; "
                "--shorten makes it so and deletes what is older"
            )


@contextmanager
def _told() -> Iterator[None]:
    """What the client raises inside is told as ours."""
    try:
        yield
    except (ApiException, HTTPError) as error:
        raise told(error) from error


def _duration(plan: BucketPlan) -> str:
    return f"DURATION {plan.keep_days}d REPLICATION 1 SHARD DURATION {plan.shard_days}d"


def _seconds(duration: str) -> int:
    """1.x tells lengths of time as 9600h0m0s."""
    hours, _, rest = duration.partition("h") if "h" in duration else ("0", "", duration)
    minutes, _, seconds = rest.partition("m") if "m" in rest else ("0", "", rest)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds.removesuffix("s") or 0)


def _column(found: Sequence[Any], name: str) -> tuple[Any, ...]:
    columns: Mapping[str, tuple[Any, ...]] = found[0].columns if found else {}
    return columns.get(name, ())


def _length(seconds: int) -> str:
    return "everything forever" if seconds == FOREVER else f"{seconds / _DAY_S:g} days"


def _made(kind: str, plan: BucketPlan) -> str:
    return f"made {kind} {plan.name}, which keeps {plan.keep_days} days"


def _unchanged(kind: str, plan: BucketPlan) -> str:
    return f"{kind} {plan.name} keeps {plan.keep_days} days"


def _changed(kind: str, plan: BucketPlan, kept_s: int) -> str:
    return f"{kind} {plan.name} keeps {plan.keep_days} days now, {_length(kept_s)} before"
