"""Folder, data sources and dashboards into a running Grafana: what is there and the same is left alone.

Fails at the first item that cannot be put there; those before it are in place, and a second run goes on from there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from dashboards.grafana_server import GrafanaServer
from dashboards.sources import DataSource
from domain.errors import RefusedError

FOLDER_UID: Final = "nightbelt"
FOLDER_TITLE: Final = "Nightbelt"


class Done(StrEnum):
    """What became of an item, or would have."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """One item: what kind of thing, which, and what became of it."""

    kind: str
    name: str
    done: Done


class Push:
    """To one Grafana. A `dry_run` reads, tells what would be done, and writes nothing.

    Grafana does not tell secrets, so one that changed is not seen: `renew_secrets` writes them in any case.
    """

    def __init__(self, grafana: GrafanaServer, *, dry_run: bool = False, renew_secrets: bool = False) -> None:
        self._grafana = grafana
        self._dry_run = dry_run
        self._renew_secrets = renew_secrets

    def run(self, sources: Sequence[DataSource], dashboards: Sequence[dict[str, Any]]) -> Iterator[Pushed]:
        """Each item once it is done. Errors as those of GrafanaServer."""
        self._grafana.check()
        yield Pushed(kind="folder", name=FOLDER_UID, done=self._folder())
        for source in sources:
            yield Pushed(kind="data source", name=source.uid, done=self._data_source(source))
        for dashboard in dashboards:
            yield Pushed(kind="dashboard", name=dashboard["uid"], done=self._dashboard(dashboard))

    def _folder(self) -> Done:
        there = self._grafana.folder(FOLDER_UID)
        if there is not None and there["title"] == FOLDER_TITLE:
            return Done.UNCHANGED
        if not self._dry_run:
            if there is None:
                self._grafana.create_folder(FOLDER_UID, FOLDER_TITLE)
            else:
                self._grafana.rename_folder(FOLDER_UID, FOLDER_TITLE, there["version"])
        return Done.CREATED if there is None else Done.UPDATED

    def _data_source(self, source: DataSource) -> Done:
        there = self._grafana.data_source(source.uid)
        body = {**source.public(), "secureJsonData": dict(source.secret)}
        if there is None:
            if not self._dry_run:
                self._grafana.create_data_source(body)
            return Done.CREATED
        known = there.get("secureJsonFields", {})
        has_secrets = all(known.get(name) for name in source.secret) and not self._renew_secrets
        if has_secrets and holds(there, source.public()):
            return Done.UNCHANGED
        if there.get("readOnly"):
            raise self._provisioned(f"data source {source.uid}", "push with --no-data-sources")
        if not self._dry_run:
            self._grafana.update_data_source(source.uid, body)
        return Done.UPDATED

    def _dashboard(self, dashboard: dict[str, Any]) -> Done:
        uid = dashboard["uid"]
        there = self._grafana.dashboard(uid)
        if there is not None:
            in_place = there["meta"].get("folderUid") == FOLDER_UID
            if in_place and holds(there["dashboard"], dashboard):
                return Done.UNCHANGED
            if there["meta"].get("provisioned"):
                raise self._provisioned(f"dashboard {uid}", "put the new files there")
        if not self._dry_run:
            before = there["dashboard"] if there else {}
            saved = {**dashboard, "id": before.get("id"), "version": before.get("version", 0)}
            body = {"dashboard": saved, "folderUid": FOLDER_UID, "overwrite": False, "message": "nightbelt"}
            self._grafana.save_dashboard(uid, body)
        return Done.CREATED if there is None else Done.UPDATED

    def _provisioned(self, what: str, instead: str) -> RefusedError:
        return RefusedError(
            f"Grafana {self._grafana.url}: {what} differs and comes from provisioning files there, which a push cannot "
            f"change; {instead}"
        )


def holds(theirs: Any, ours: Any) -> bool:
    """Is all of `ours` in `theirs`? Grafana adds keys of its own to objects, and nothing to lists."""
    if isinstance(ours, dict):
        return isinstance(theirs, dict) and all(key in theirs and holds(theirs[key], ours[key]) for key in ours)
    if isinstance(ours, list):
        same_length = isinstance(theirs, list) and len(theirs) == len(ours)
        return same_length and all(map(holds, theirs, ours))
    return bool(theirs == ours)
