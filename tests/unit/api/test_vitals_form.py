"""The form for rates, movement, signals and belts: what it shows, what it reads, what it refuses."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import time
from html import unescape
from types import MappingProxyType
from typing import Any

import pytest
from starlette.datastructures import FormData

from api.languages import read_languages
from api.vital_rows import DEFAULTS, LENGTHS, ROWS
from api.vitals_form import VitalsForm, default_words
from domain.residents import NightWindow, VitalSettings
from domain.vitals import AtTime, ExitLimit, RuleLimit
from tests.unit.api.conftest import Visit
from tests.unit.api.world import World

ENGLISH = read_languages()["en"]


def sent(changes: Mapping[str, str | None]) -> dict[str, Any]:
    """The whole form as it stands at first, as a browser sends it; None leaves a field out."""
    form = VitalsForm.showing(DEFAULTS)
    told: dict[str, Any] = {**form.typed, **{f"{name}.on": "on" for name in form.on}}
    told |= {"window_from": ["00:00", ""], "window_to": ["00:00", ""]}
    for name, value in changes.items():
        told.pop(name, None)
        if value is not None:
            told[name] = value
    return told


def read(
    changes: Mapping[str, str | None] = MappingProxyType({}), current: VitalSettings = DEFAULTS
) -> VitalSettings | list[str]:
    """What the form says, else its faults in words."""
    pairs: list[tuple[str, Any]] = [
        (name, value)
        for name, values in sent(changes).items()
        for value in (values if isinstance(values, list) else [values])
    ]
    form = VitalsForm.posted(FormData(pairs), current)
    return form.settings(current) or [fault.in_words(ENGLISH) for fault in form.faults]


def test_every_setting_has_a_place_in_the_form() -> None:
    """A new rule needs one line in ROWS."""
    in_form = {row.name for row in ROWS} | {part.key for part in LENGTHS} | {"windows"}
    assert in_form == {each.name for each in fields(VitalSettings)}
    for row in ROWS:
        rule = row.of(DEFAULTS)
        assert {part.key for part in row.parts()} | {"on"} >= {
            each.name for each in fields(rule) if getattr(rule, each.name) is not None
        }
        if isinstance(rule, RuleLimit) and rule.limit is not None and rule.clear_limit is not None:
            assert row.over == (rule.clear_limit <= rule.limit), row.name


def test_what_is_shown_is_read_back_as_it_was() -> None:
    assert read() == DEFAULTS
    odd = replace(
        DEFAULTS,
        heart_rate_low=RuleLimit(on=False, limit=38.5, clear_limit=41.125, after_s=401, clear_after_s=119),
        windows=(NightWindow(),),
    )
    form = VitalsForm.showing(odd)
    assert form.settings(DEFAULTS) == odd


def test_numbers_in_the_units_of_the_form() -> None:
    told = read(
        {"heart_rate_high.limit": "115", "heart_rate_high.clear_limit": "104,5", "heart_rate_high.after_s": "7.5"}
    )
    assert isinstance(told, VitalSettings)
    assert told.heart_rate_high == RuleLimit(limit=115, clear_limit=104.5, after_s=450, clear_after_s=120)
    told = read({"many_exits.more_than": "8", "not_in_bed.at": "22:30", "not_in_bed.on": "on"})
    assert isinstance(told, VitalSettings)
    assert told.many_exits == ExitLimit(more_than=8)
    assert told.not_in_bed == AtTime(on=True, at=time(22, 30))
    told = read({"breathing_pause.after_s": "30", "settle_s": "90", "silent_empty_after_s": "240"})
    assert isinstance(told, VitalSettings)
    assert (told.breathing_pause.after_s, told.settle_s, told.silent_empty_after_s) == (30, 90, 14_400)


def test_a_rule_is_switched_off_and_on() -> None:
    told = read({"battery_low.on": None, "no_turn_over.on": "on"})
    assert isinstance(told, VitalSettings)
    assert (told.battery_low.on, told.no_turn_over.on, told.heart_rate_low.on) == (False, True, True)


def test_what_the_form_does_not_name_stays() -> None:
    """A page that was loaded before an update knows nothing of the new rules."""
    own = replace(DEFAULTS, restless=RuleLimit(limit=30, clear_limit=20, after_s=1200), settle_s=60)
    left_out = {f"restless.{part.key}": None for row in ROWS if row.name == "restless" for part in row.parts()}
    told = read({**left_out, "restless.on": None, "settle_s": None}, own)
    assert isinstance(told, VitalSettings)
    assert (told.restless, told.settle_s) == (own.restless, 60)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"heart_rate_low.limit": "ten"}, "Heart rate low – limit: write a number from 20 to 250."),
        ({"heart_rate_low.limit": ""}, "Heart rate low – limit: write a number from 20 to 250."),
        ({"heart_rate_low.limit": "-40"}, "Heart rate low – limit: write a number from 20 to 250."),
        ({"heart_rate_low.limit": "1e2"}, "Heart rate low – limit: write a number from 20 to 250."),
        ({"heart_rate_low.after_s": "0.5"}, "Heart rate low – how long: write a number from 1 to 1440."),
        ({"heart_rate_low.clear_after_s": "61"}, "Heart rate low – over after: write a number from 0 to 60."),
        ({"sitting_up.after_s": "61"}, "Perhaps getting up – how long: write a number from 10 to 60."),
        (
            {"heart_rate_low.clear_limit": "39"},
            "Heart rate low – over when back at: this must not be under the limit.",
        ),
        (
            {"breathing_rate_high.clear_limit": "25"},
            "Breathing fast – over when back at: this must not be over the limit.",
        ),
        (
            {"heart_rate_very_low.limit": "42", "heart_rate_very_low.clear_limit": "45"},
            "Heart rate very low – limit: this must not be over the next higher limit of the same rate.",
        ),
        ({"many_exits.more_than": "2.5"}, "Up many times tonight – times: write a number from 0 to 50."),
        ({"not_in_bed.at": "late"}, "Not in bed – time: write a time as 21:00."),
        ({"settle_s": "601"}, "Rates count after getting in for: write a number from 0 to 600."),
        (
            {"silent_empty_after_s": "4"},
            "Belt silent over an empty bed for: this must not be shorter than over an occupied bed.",
        ),
        ({"window_from": "22"}, "Hours 1: write times as 21:00."),
    ],
)
def test_a_fault_names_its_field(changes: dict[str, str], fault: str) -> None:
    if "window_from" in changes:
        changes = {**changes, "window_to": "06:00"}
    assert read(changes) == [fault]


def test_every_fault_is_named_and_nothing_is_stored(world: World, visit: Visit) -> None:
    wrong = sent({"heart_rate_low.limit": "x", "battery_low.clear_limit": "500", "heart_rate_high.limit": "120"})
    answer = visit("ada").post("/residents/r1/vitals", wrong)
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert "Heart rate low – limit: write a number from 20 to 250." in page
    assert "Battery low – over when back at: write a number from 0 to 100." in page
    (field,) = re.findall(r'<input name="heart_rate_low.limit"[^>]*>', page)
    assert 'value="x"' in field
    assert 'id="vitals" autofocus' in field
    assert page.count('id="vitals"') == 1
    assert 'name="heart_rate_high.limit" inputmode="decimal" value="120"' in page
    assert '<details class="more" open>' in page
    assert world.register.resident("r1").vitals == DEFAULTS
    assert world.changes == []


def test_a_lead_of_the_centre_changes_them_and_the_watch_learns_of_it(world: World, visit: Visit) -> None:
    ada = visit("ada")
    before = world.register.resident("r1").leave_bed
    answer = ada.post("/residents/r1/vitals", sent({"heart_rate_low.limit": "36", "heart_rate_very_high.on": None}))
    assert (answer.status_code, answer.headers["location"]) == (303, "/residents/r1#vitals")
    stored = world.register.resident("r1")
    assert stored.vitals.heart_rate_low.limit == 36
    assert not stored.vitals.heart_rate_very_high.on
    assert stored.leave_bed == before
    assert world.changes == ["register"]
    page = ada.get("/residents/r1").text
    assert page.count("Saved.") == 1
    assert page.index("Saved.") > page.index('id="vitals"')
    assert "Saved." not in ada.get("/residents/r1").text


def test_who_changed_what_is_shown_in_the_units_of_the_form(world: World, visit: Visit) -> None:
    ada = visit("ada")
    ada.post("/residents/r1/vitals", sent({"heart_rate_low.after_s": "7.5", "restless.on": None, "settle_s": "60"}))
    ada.post("/residents/r1/vitals", sent({"heart_rate_low.after_s": "7.5", "restless.on": None, "settle_s": "60"}))
    (entry,) = world.audit.entries("r1")
    assert entry.before == {"heart_rate_low.after_s": "5", "restless.on": True, "settle_s": "120"}
    page = ada.get("/residents/r1").text
    assert "Heart rate low – how long: 5 min → 7.5 min" in page
    assert "Restless: on → off" in page
    assert "Rates count after getting in for: 120 sec → 60 sec" in page


def test_back_to_the_defaults(world: World, visit: Visit) -> None:
    own = replace(DEFAULTS, heart_rate_low=RuleLimit(limit=37, clear_limit=41), settle_s=0)
    world.register.set_vitals("r1", own)
    ada = visit("ada")
    assert "Default: on · 40 per minute · 5 min · 44 per minute · 2 min" in ada.get("/residents/r1").text
    assert ada.post("/residents/r1/vitals", {"defaults": "1"}).status_code == 303
    assert world.register.resident("r1").vitals == DEFAULTS
    assert "Default:" not in ada.get("/residents/r1").text


def test_the_default_is_told_where_it_differs() -> None:
    form, row = VitalsForm.showing(DEFAULTS), next(row for row in ROWS if row.name == "vitals_lost")
    assert default_words(row, form, ENGLISH) == ""
    form.on.discard("vitals_lost")
    assert default_words(row, form, ENGLISH) == "Default: on · 5 min · 1 min"


@pytest.mark.parametrize(("login", "status"), [("wang", 403), ("son", 403), ("oak", 403)])
def test_nobody_else_may(world: World, visit: Visit, login: str, status: int) -> None:
    assert visit(login).post("/residents/r1/vitals", {"defaults": "1"}).status_code == status
    assert "/residents/r1/vitals" not in visit("wang").get("/residents/r1").text


def test_nobody_is_there(visit: Visit) -> None:
    assert visit("ada").post("/residents/r99/vitals", {"defaults": "1"}).status_code == 404
