"""The documentation says what the code has: rules, reasons, metrics, routes, commands, figures."""

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from typer.core import TyperGroup

from api.app import PARTS
from domain.alarms import Rule
from domain.readings import FLOAT_COLUMNS
from ingest.forwarding import REJECTED
from ingest.metrics import IngestMetrics, SpoolMetrics, UnassignedMetrics
from nightbelt.channels.metrics import DeliveryMetrics
from nightbelt.cli import COMMANDS, loaded
from storage.influx_minutes import FLOATS, INTEGERS

ROOT = Path(__file__).parents[3]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", list(Rule))
def test_every_rule_is_described(rule: Rule) -> None:
    assert f"`{rule}`" in text("docs/rules.md")


def test_every_metric_is_described_and_no_other() -> None:
    registry = CollectorRegistry()
    IngestMetrics(registry)
    SpoolMetrics(registry)
    DeliveryMetrics(registry)
    UnassignedMetrics(registry, list)
    counters = {f"{family.name}_total" if family.type == "counter" else family.name for family in registry.collect()}
    assert set(re.findall(r"nightbelt_(?:ingest|spool|deliveries|unassigned)_\w+", text("docs/api.md"))) == counters


def test_the_reason_of_refused_readings_is_described() -> None:
    assert f"`{REJECTED}`" in text("docs/mqtt.md")


def test_every_route_is_described_once_and_no_other() -> None:
    routes = {
        f"{method} {route.path}"
        for module in PARTS
        for route in module.router.routes
        for method in getattr(route, "methods", set()) - {"HEAD"}
    }
    described = re.findall(r"`((?:GET|POST) /[^`]*)`", text("docs/api.md"))
    assert sorted(described) == sorted(routes)


def test_every_command_is_in_the_readme() -> None:
    commands = []
    for name in COMMANDS:
        command = loaded(name)
        commands += [f"{name} {inner}" for inner in command.commands] if isinstance(command, TyperGroup) else [name]
    assert [name for name in commands if f"nightbelt {name}" not in text("README.md")] == []


def test_every_field_in_influxdb_is_described() -> None:
    fields = {"received_at", "in_bed", "sleep_stage", *FLOAT_COLUMNS, *INTEGERS, *FLOATS}
    assert [name for name in sorted(fields) if f"`{name}`" not in text("docs/influxdb.md")] == []


@pytest.mark.parametrize("page", ["README.md", *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/**/*.md"))])
def test_links_lead_somewhere(page: str) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text(page))
    missing = [target for target in targets if not (ROOT / page).parent.joinpath(target).exists()]
    assert missing == []


def test_make_targets_named_in_the_documentation_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    named = {
        name
        for page in ROOT.glob("**/*.md")
        if ".venv" not in page.parts
        for name in re.findall(r"`make ([a-z]+)", page.read_text())
    }
    assert named <= targets
