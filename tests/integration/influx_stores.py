"""Readings stores on a running InfluxDB, each empty when a test gets it.

`NIGHTBELT_TEST_INFLUX_URL`, `..._TOKEN` and `..._ORG` name a server that the contract tests use besides their own. They
make buckets `nightbelt_test...` there, and remove what they wrote; the token must be allowed to make buckets.
"""

import contextlib
import itertools
import os
from collections.abc import Iterator

from domain.units import LONG_AGO, NEVER
from storage.influx_lines import MINUTES, READINGS
from storage.influx_readings import InfluxReadings
from storage.influx_server import InfluxServer, span_ns
from storage.influx_setup import BucketPlan, InfluxSetup

KEEP_DAYS = 36_500
SHARD_DAYS = 400
NAMED_URL = os.environ.get("NIGHTBELT_TEST_INFLUX_URL", "")
_serial = itertools.count()


def named_server() -> InfluxServer:
    """The server that the environment names."""
    return InfluxServer(
        url=NAMED_URL,
        token=os.environ.get("NIGHTBELT_TEST_INFLUX_TOKEN", ""),
        org=os.environ.get("NIGHTBELT_TEST_INFLUX_ORG", "nightbelt"),
        write_timeout_s=30,
    )


@contextlib.contextmanager
def empty_store(server: InfluxServer) -> Iterator[InfluxReadings]:
    """A store with buckets of its own kind; what was in them is gone."""
    setup = InfluxSetup(server)
    disposable = setup.version.startswith("3.")  # has no DELETE, so each test gets databases of its own
    bucket = f"nightbelt_test_{os.getpid()}_{next(_serial)}" if disposable else "nightbelt_test"
    minutes_bucket = f"{bucket}_minutes"
    plans = [BucketPlan(name=name, keep_days=KEEP_DAYS, shard_days=SHARD_DAYS) for name in (bucket, minutes_bucket)]
    assert list(setup.make(plans))
    store = InfluxReadings(
        server, bucket=bucket, minutes_bucket=minutes_bucket, center_of=lambda belt_id: f"c-{belt_id[:1]}"
    )
    if not disposable:
        server.delete(bucket, READINGS, span_ns(LONG_AGO, NEVER))
        server.delete(minutes_bucket, MINUTES, span_ns(LONG_AGO, NEVER))
    try:
        yield store
    finally:
        if disposable:
            for name in (bucket, minutes_bucket):
                server.call("DELETE", "/api/v3/configure/database", [("db", name)])
