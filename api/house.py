"""What every route shares: the services, the templates in each language, and the guard at the door."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from api import words
from api.addresses import address_of
from api.charts.drawing import Draughtsman
from api.languages import LANGUAGES, Language, read_languages
from api.passwords import Passwords, Turns
from api.service_names import service_name
from api.services import Services
from api.throttle import Throttle


@dataclass(frozen=True, kw_only=True)
class House:
    """Built once by `create_app`; nothing in it changes but the memory of the throttle and of the turns."""

    services: Services
    languages: Mapping[str, Language]
    templates: Mapping[str, Environment]
    throttle: Throttle
    passwords: Passwords
    turns: Turns
    draughtsman: Draughtsman

    @property
    def session_cookie(self) -> str:
        """The __Host- prefix binds the cookie to this host and to HTTPS, so it needs the latter."""
        return "__Host-nightbelt" if self.services.secure_cookies else "nightbelt_session"

    def render(self, language: Language, template: str, **values: Any) -> str:
        return self.templates[language.tag].get_template(template).render(**values)


def build_house(services: Services) -> House:
    languages = read_languages()
    return House(
        services=services,
        languages=languages,
        templates={tag: environment_of(language) for tag, language in languages.items()},
        throttle=Throttle(),
        passwords=Passwords(),
        turns=Turns(),
        draughtsman=Draughtsman(),
    )


def house_of(request: Request) -> House:
    return cast("House", request.app.state.house)


def environment_of(language: Language) -> Environment:
    """The templates in that language."""
    # S701 asks for autoescape, which is on
    environment = Environment(
        loader=PackageLoader("api"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        language.say, lambda one, many, n: _counted(language, one, many, n), newstyle=True
    )
    environment.globals.update(
        language=language, languages=LANGUAGES, words=words, address_of=address_of, service_name=service_name
    )
    environment.filters["json"] = _script_json
    return environment


def _counted(language: Language, one: str, many: str, n: int) -> str:
    """Without filling in: the templates do that."""
    return language.words.get(one) or (one if n == 1 else many)


def _script_json(value: object) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704  escaped
