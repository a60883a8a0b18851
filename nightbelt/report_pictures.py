"""A reported night as a page and as a picture, for `nightbelt report`."""

from api.charts.drawing import Draughtsman
from api.charts.night import ChartNight
from api.languages import Language
from api.report_document import picture_spec, report_document
from nightbelt.reported import Reported


def page(told: Reported, language: Language) -> bytes:
    """A page of its own, in HTML."""
    return report_document(_chart_night(told), told.whose.name, language, Draughtsman()).encode()


def picture(told: Reported, language: Language) -> bytes:
    """The chart alone, as PNG."""
    return Draughtsman().picture(picture_spec(_chart_night(told), language), "png")


def _chart_night(told: Reported) -> ChartNight:
    return ChartNight(report=told.report, minutes=told.minutes, alarms=(), zone=told.hours.zone)
