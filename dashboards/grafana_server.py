"""A running Grafana over its HTTP API, by the `grafana-api` package; its errors told as ours, in one line each.

Fails loudly: every message names the address and what to do.
"""

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from grafana_api.grafana_api import GrafanaClientError, GrafanaException, GrafanaServerError
from grafana_api.grafana_face import GrafanaFace
from requests.exceptions import ConnectionError as NotConnectedError
from requests.exceptions import InvalidJSONError, RequestException, SSLError, Timeout, TooManyRedirects

from domain.errors import ConfigurationError, ForbiddenError, NightbeltError, RefusedError, UnavailableError

ANSWER_WITHIN_S: Final = 15.0
_URL: Final = re.compile(r"(https?)://([^/\s:@\[\]]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?(/[^\s?#]*)?")

_MEANINGS: Final[dict[int, tuple[type[NightbeltError], str]]] = {
    401: (
        ConfigurationError,
        "the token is not accepted (401); set NIGHTBELT_GRAFANA_TOKEN or --token-file to that of a service account",
    ),
    403: (
        ForbiddenError,
        "the token may not touch {what} (403); give it the role Admin, or Editor and push with --no-data-sources",
    ),
    409: (RefusedError, "{what}: another of that name is there (409); rename or remove that one"),
    412: (
        RefusedError,
        "{what}: somebody changed it meanwhile, or another has its name (412: {said}); run the push again",
    ),
}

Answer = TypeVar("Answer")


class GrafanaServer:
    """The Grafana at `url` (with the path it is served under, if any). ConfigurationError when `url` is none.

    `ca_file` is a file of certificates to trust in place of the usual ones. Every method may raise: ConfigurationError
    (address, certificate or token are wrong), ForbiddenError (the token may not), RefusedError (Grafana's state does
    not allow it) and UnavailableError (no answer, or an error of Grafana's own).
    """

    def __init__(self, url: str, token: str, *, ca_file: str | None = None, timeout_s: float = ANSWER_WITHIN_S) -> None:
        parts = _URL.fullmatch(url.strip())
        if parts is None:
            raise ConfigurationError(f"grafana_url {url!r}: not an address like https://grafana.example.org")
        protocol, host, port, path = parts.groups()
        prefix = (path or "").strip("/")
        self.url = url.strip().rstrip("/")
        self._face = GrafanaFace(
            auth=token,
            host=host,
            port=port,
            url_path_prefix=f"{prefix}/" if prefix else "",
            protocol=protocol,
            verify=ca_file or True,
            timeout=timeout_s,
        )
        self._face.api.s.max_redirects = 0  # a POST that is led on arrives as a GET, and answers as if all were well

    def close(self) -> None:
        self._face.api.s.close()

    def check(self) -> None:
        """Raises when there is no Grafana; so that "not found" afterwards means what it says."""
        health = self._asked("its health", lambda: self._face.api.GET("/health"))
        if not isinstance(health, dict) or "database" not in health:
            raise self._not_grafana()

    def folder(self, uid: str) -> dict[str, Any] | None:
        return self._found(f"folder {uid}", lambda: self._face.folder.get_folder(uid))

    def create_folder(self, uid: str, title: str) -> None:
        self._asked(f"folder {uid}", lambda: self._face.folder.create_folder(title, uid))

    def rename_folder(self, uid: str, title: str, version: int) -> None:
        self._asked(f"folder {uid}", lambda: self._face.folder.update_folder(uid, title, version))

    def data_source(self, uid: str) -> dict[str, Any] | None:
        return self._found(f"data source {uid}", lambda: self._face.api.GET(f"/datasources/uid/{uid}"))

    def create_data_source(self, body: dict[str, Any]) -> None:
        self._asked(f"data source {body['uid']}", lambda: self._face.datasource.create_datasource(body))

    def update_data_source(self, uid: str, body: dict[str, Any]) -> None:
        self._asked(f"data source {uid}", lambda: self._face.api.PUT(f"/datasources/uid/{uid}", json=body))

    def dashboard(self, uid: str) -> dict[str, Any] | None:
        """`dashboard` and `meta`."""
        return self._found(f"dashboard {uid}", lambda: self._face.dashboard.get_dashboard(uid))

    def save_dashboard(self, uid: str, body: dict[str, Any]) -> None:
        self._asked(f"dashboard {uid}", lambda: self._face.dashboard.update_dashboard(body))

    def _found(self, what: str, ask: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        def or_none() -> dict[str, Any] | None:
            try:
                return ask()
            except GrafanaClientError as error:
                if error.status_code == 404:
                    return None
                raise

        return self._asked(what, or_none)

    def _asked(self, what: str, ask: Callable[[], Answer]) -> Answer:
        try:
            return ask()
        except GrafanaException as error:
            raise self._told(what, error) from error
        except (InvalidJSONError, TypeError) as error:  # grafana-api takes the JSON of an error to be an object
            raise self._not_grafana() from error
        except SSLError as error:
            raise ConfigurationError(
                f"Grafana {self.url}: its certificate is not trusted; name that of who signed it by --ca-file"
            ) from error
        except Timeout as error:
            raise UnavailableError(f"Grafana {self.url}", "no answer in time; try again later") from error
        except NotConnectedError as error:
            raise UnavailableError(
                f"Grafana {self.url}", "cannot be reached; is the address right, and is it up?"
            ) from error
        except TooManyRedirects as error:
            to = error.response.headers.get("Location", "elsewhere") if error.response is not None else "elsewhere"
            raise ConfigurationError(f"Grafana {self.url}: leads on to {to}; name that address instead") from error
        except RequestException as error:
            raise UnavailableError(f"Grafana {self.url}", _one_line(error)) from error

    def _told(self, what: str, error: GrafanaException) -> NightbeltError:
        """What an error answer means for who pushes."""
        said = _one_line(error)
        if isinstance(error, GrafanaServerError):
            return UnavailableError(f"Grafana {self.url}", f"{what}: {said}; try again later, or look into its log")
        if error.status_code == 404:
            return self._not_grafana()
        kind, meaning = _MEANINGS.get(error.status_code, (RefusedError, "{what}: {said}"))
        return kind(f"Grafana {self.url}: {meaning.format(what=what, said=said)}")

    def _not_grafana(self) -> ConfigurationError:
        return ConfigurationError(
            f"Grafana {self.url}: what answers there is not Grafana's HTTP API (404 or no JSON); is the address right, "
            "with the path that Grafana is served under?"
        )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
