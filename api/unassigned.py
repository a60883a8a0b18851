"""Belts that send readings and by which nobody is watched, for who can do something about it."""

from typing import Final

from api.languages import Language
from api.services import Services
from api.viewer import Viewer
from api.ward import bed_name
from domain.live import UnassignedBelt
from domain.people import Right
from domain.readings import Occupancy

NAMED_MOST: Final = 6
"""So many are named on the board, the rest is counted (own choice: a few lines on a phone)."""


def unassigned_belts(services: Services, viewer: Viewer, now: int) -> list[UnassignedBelt]:
    """Those of the viewer's centre and those of which the centre cannot be told; on whom somebody lies first.

    None for who handles no alarms.
    """
    if not viewer.may(Right.HANDLE_ALARMS):
        return []
    mine = [belt for belt in services.unassigned(now) if belt.center_id in {None, viewer.center_id}]
    return sorted(mine, key=lambda belt: (belt.occupancy is not Occupancy.IN, belt.belt_id))


def unassigned_line(language: Language, belts: list[UnassignedBelt]) -> str:
    """What the board says of them, "" for nothing: that a bed without resident has a belt is not worth a word."""
    loose = [_named(language, belt) for belt in belts if belt.place is None]
    beds = dict.fromkeys(bed_name(belt.place) for belt in belts if belt.place and belt.occupancy is Occupancy.IN)
    told = []
    if loose:
        told.append(
            language.say_count(
                "1 belt sends readings and lies under no bed: %(belts)s.",
                "%(n)s belts send readings and lie under no bed: %(belts)s.",
                len(loose),
                belts=_listed(language, loose),
            )
        )
    if beds:
        told.append(language.say("Somebody lies in a bed without resident: %(beds)s.", beds=_listed(language, [*beds])))
    return " ".join(told)


def _named(language: Language, belt: UnassignedBelt) -> str:
    if belt.occupancy is not Occupancy.IN:
        return belt.belt_id
    return language.say("%(belt)s (somebody lies on it)", belt=belt.belt_id)


def _listed(language: Language, names: list[str]) -> str:
    more = len(names) - NAMED_MOST
    return language.listed([*names[:NAMED_MOST], language.say("%(n)s more", n=more)] if more > 0 else names)
