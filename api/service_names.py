"""What carries messages, by the names that people know it under. `N_` marks a text for the catalogue."""

from typing import Final

from api.languages import N_, Language

_MAIL: Final = N_("e-mail")
SERVICES: Final = {
    "web-push": N_("push messages"),
    "wecombot": N_("WeCom"),
    "dingtalk": N_("DingTalk"),
    "feishu": N_("Feishu"),
    "schan": N_("ServerChan"),
    "mailto": _MAIL,
    "mailtos": _MAIL,
}
"""Those whose name differs between the languages, or is no word; all others are named as their addresses begin."""


def service_name(service: str, language: Language) -> str:
    return language.say(SERVICES.get(service, service))
