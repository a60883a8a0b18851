import pytest

from domain.errors import ConfigurationError
from domain.residents import VitalSettings
from domain.vitals import HEART_RATE_HIGH, RuleLimit


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: RuleLimit(after_s=9), "after_s 9"),
        (lambda: VitalSettings(vitals_lost=RuleLimit(after_s=59)), "vitals_lost: after_s 59"),
        (lambda: VitalSettings(breathing_pause=RuleLimit(limit=4, clear_limit=6, after_s=121)), "after_s 121"),
        (lambda: VitalSettings(belt_offline=RuleLimit(after_s=179)), "belt_offline: after_s 179"),
        (lambda: VitalSettings(battery_low=RuleLimit(limit=20, clear_limit=19)), "wrong side"),
        (lambda: VitalSettings(restless=RuleLimit(limit=20, clear_limit=21, after_s=1800)), "wrong side"),
        (lambda: RuleLimit(clear_after_s=-1), "clear_after_s -1"),
        (lambda: RuleLimit(limit=3), "both or neither"),
        (lambda: VitalSettings(settle_s=601), "settle_s 601"),
        (lambda: VitalSettings(silent_empty_after_s=10), "silent_empty_after_s 10"),
        (lambda: VitalSettings(heart_rate_high=RuleLimit()), "heart_rate_high: a limit"),
        (lambda: VitalSettings(heart_rate_low=RuleLimit(limit=40, clear_limit=39)), "wrong side"),
        (lambda: VitalSettings(breathing_rate_high=RuleLimit(limit=24, clear_limit=25)), "wrong side"),
        (lambda: VitalSettings(heart_rate_low=RuleLimit(limit=120, clear_limit=121)), "ascend"),
        (lambda: VitalSettings(signal_poor=RuleLimit(limit=30, clear_limit=20)), "wrong side"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(make: object, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        make()  # type: ignore[operator]


def test_the_same_settings_are_the_same() -> None:
    assert hash(VitalSettings()) == hash(VitalSettings(heart_rate_high=HEART_RATE_HIGH))
