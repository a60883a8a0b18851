"""The night as a family is told of it in the morning: what is stored of it, and its card."""

from datetime import date
from typing import Any

from api.charts.look import PAPER
from api.languages import Language
from api.nights import night_named
from api.report_charts import card_spec, chart_night
from api.reports import ReportView, earlier_reports
from api.services import Services
from api.ward import read_ward


def read_morning(services: Services, center_id: str, resident_id: str, day: date) -> ReportView:
    """The resident's night of `day` as it is stored; nothing is worked out anew for a message."""
    ward = read_ward(services, center_id)
    kept = services.reports.get(resident_id, day)
    return ReportView(
        resident=services.register.resident(resident_id),
        ward=ward,
        night=night_named(day, ward.zone, services.clock.now()),
        is_latest=True,
        report=kept.report if kept else None,
        earlier=earlier_reports(services, resident_id, day),
    )


def letter_card(services: Services, view: ReportView, language: Language) -> dict[str, Any]:
    """The card for a message, without a name: it goes by a service of others. NotFoundError without a report."""
    return card_spec(services, language, view, chart_night(services, view), PAPER, whose="")
