"""Every call has its words, in each language, for each role; short, without a name, without values unless asked."""

from dataclasses import replace

import pytest

from alerts.channels import told_of
from api.call_words import CARER_WORDS, LEAD_WORDS, call_in_words, trial_in_words
from api.languages import read_languages
from domain.alarms import Alarm, Priority, Reason, Rule
from domain.calls import Call, CallReason
from domain.people import Person, Role
from tests.unit.api.world import NAMES, NIGHT, build_world

LANGUAGES = read_languages()
WORLD = build_world()
NURSE = Person(person_id="p1", login="li", name="Li", role=Role.CAREGIVER, password_hash="", center_id="elm")
LEAD = replace(NURSE, role=Role.ADMIN)
FAST = replace(
    WORLD.build_alarm(3, Rule.HEART_RATE_VERY_HIGH),
    priority=Priority.HIGH,
    reason=Reason(code="heart-rate-very-high", facts={"limit_s": 120, "limit": 130.0, "value": 147.0}),
)
SILENT = replace(WORLD.build_alarm(3, Rule.CENTER_SILENT), resident_id="", bed_id="", belt_id="")


def words(
    alarm: Alarm, reason: CallReason, *, tag: str = "en", person: Person | None = NURSE, values: bool = False
) -> tuple[str, str]:
    call = Call(key="k", alarm_id=alarm.alarm_id, person_id="p1", level=0, reason=reason, due_at=NIGHT)
    told = told_of(alarm, call, WORLD.register.places(NIGHT), person=person, with_values=values)
    return call_in_words(told, LANGUAGES[tag])


def test_a_call_says_where_what_since_when_and_what_to_do() -> None:
    title, text = words(WORLD.build_alarm(3), CallReason.ON_DUTY)
    assert title == "Not back in bed: room 102, bed A"
    assert text == "Left the bed at 02:56. Medium priority. Please go, and say so in Nightbelt."


def test_the_same_in_chinese() -> None:
    title, text = words(WORLD.build_alarm(3), CallReason.ON_DUTY, tag="zh-CN")
    assert title == "离床未返回：102房间A床"
    assert text == "02:56 离床。中优先级。请前往处理，并在 Nightbelt 中确认。"


def test_a_lead_is_asked_to_see_to_it() -> None:
    assert words(FAST, CallReason.ESCALATED, person=LEAD)[1].endswith("Please see to it that somebody goes.")


@pytest.mark.parametrize("reason", list(CARER_WORDS))
@pytest.mark.parametrize("tag", list(LANGUAGES))
def test_every_reason_has_its_words(reason: CallReason, tag: str) -> None:
    for person in (NURSE, LEAD, None):
        title, text = words(FAST, reason, tag=tag, person=person)
        assert "%(" not in title + text
        assert len(title) + len(text) < 200
        assert not any(name in title + text for name in NAMES)
    assert CARER_WORDS.keys() == LEAD_WORDS.keys() == set(CallReason) - {CallReason.MORNING}


def test_values_are_told_only_when_that_is_set_and_to_no_group() -> None:
    assert "147" not in "".join(words(FAST, CallReason.ON_DUTY))
    assert "147" in words(FAST, CallReason.ON_DUTY, values=True)[1]
    assert "147" not in "".join(words(FAST, CallReason.ON_DUTY, person=None, values=True))


def test_an_alarm_of_the_centre_has_no_bed() -> None:
    title, text = words(SILENT, CallReason.ON_DUTY)
    assert title == "All belts silent: the whole centre"
    assert "bed" not in text
    assert words(SILENT, CallReason.TAKEN)[0] == "Taken – All belts silent: the whole centre"


def test_who_is_on_no_bed_any_more_is_told_of_by_the_alarms() -> None:
    assert words(replace(FAST, resident_id="gone"), CallReason.ON_DUTY)[0] == "Heart rate very high: bed b3"


def test_a_test_says_that_it_is_one() -> None:
    assert trial_in_words(LANGUAGES["en"]) == ("Nightbelt: a test", "Alarms would reach you here. There is none now.")
    assert "测试" in trial_in_words(LANGUAGES["zh-CN"])[0]
