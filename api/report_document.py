"""A night's report as a page of its own, with its chart drawn in: for a file, a mail or a printer."""

from markupsafe import Markup

from api.charts.drawing import Draughtsman
from api.charts.look import PAPER
from api.charts.night import ChartNight, night_chart, said, stretches
from api.house import environment_of
from api.languages import Language
from api.report_words import figure_rows, mark_words

WIDTH_PX = 720


def report_document(night: ChartNight, whose: str, language: Language, draughtsman: Draughtsman) -> str:
    """HTML that needs nothing else; `whose` is its heading."""
    report, zone = night.report, night.zone
    drawn = draughtsman.picture(picture_spec(night, language), "svg").decode()
    return (
        environment_of(language)
        .get_template("report_document.html")
        .render(
            whose=whose,
            report=report,
            zone=zone,
            chart=Markup(drawn),  # noqa: S704  drawn here, its texts escaped by the engine
            rows=figure_rows(report, language, zone),
            marks=mark_words(report, language),
            stretches=[said(part, language, zone) for part in stretches(report)],
        )
    )


def picture_spec(night: ChartNight, language: Language) -> dict[str, object]:
    """The night's chart for paper."""
    return night_chart(night, language, PAPER, width=WIDTH_PX, hover=False)
