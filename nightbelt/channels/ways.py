"""The ways that messages can go, as the settings have them: a sender for each kind, and a trial of one."""

import threading
from typing import Final

from domain.contacts import ContactPoint, WayKind
from domain.deliveries import Failure
from domain.people import Person
from nightbelt.channels.by_apprise import AppriseSender, checked_address
from nightbelt.channels.by_web_push import WebPushKey, WebPushSender, checked_subscription
from nightbelt.channels.courier import GIVEN_UP_AFTER_S
from nightbelt.channels.errands import Errands
from nightbelt.channels.sending import Sender
from nightbelt.channels.writing import Writer
from nightbelt.settings import Settings

TRIALS: Final = 12
"""Test messages that are under way at once, those included that never come back."""


class Ways:
    """The ways there are, by the settings; `api.reach.Ways` for the pages."""

    def __init__(self, settings: Settings) -> None:
        self.writer = Writer(public_url=settings.public_url, with_values=settings.messages_with_values)
        self.senders: dict[WayKind, Sender] = {WayKind.APPRISE: AppriseSender()}
        self._trials = threading.BoundedSemaphore(TRIALS)
        self.web_push_key = ""
        if settings.web_push_contact:
            key = WebPushKey(settings.data_dir)
            self.web_push_key = key.public
            self.senders[WayKind.WEB_PUSH] = WebPushSender(key, settings.web_push_contact)

    def checked(self, kind: WayKind, address: str, *, outsider: bool = False) -> str:
        """What a person gave for themselves, as it is stored; ConfigurationError when it is not taken."""
        if kind is WayKind.WEB_PUSH:
            return checked_subscription(address)
        return checked_address(address, own_choice=True, outsider=outsider)

    def send_trial(self, point: ContactPoint, person: Person | None) -> Failure | None:
        """Send a message that says that messages come through; blocks for `GIVEN_UP_AFTER_S` at most."""
        sender = self.senders.get(point.kind)
        if sender is None:
            return Failure.NO_CONTACT
        message = self.writer.trial(point, person)
        if not self._trials.acquire(blocking=False):
            return Failure.TIMEOUT
        sending = Errands().submit(sender.send, point, message)
        sending.add_done_callback(lambda _sent: self._trials.release())
        try:
            failure: Failure | None = sending.result(GIVEN_UP_AFTER_S)
        except TimeoutError:
            return Failure.TIMEOUT
        return failure
