"""The short run; `make fuzz` is the long one."""

import random

from ingest.decoder import Decoder
from ingest.profiles.loading import available, load_profiles
from tests.fuzz.accounts import Accounts
from tests.fuzz.messages import messages

SHORT_RUN = 20_000


def test_every_message_is_accepted_ignored_or_quarantined() -> None:
    decoder = Decoder(load_profiles(list(available())))
    accounts = Accounts()
    stream = messages(random.Random(3))
    for _ in range(SHORT_RUN):
        accounts.take(decoder, next(stream))
    assert accounts.sent == SHORT_RUN
    assert accounts.balanced
    assert min(accounts.accepted, accounts.quarantined) > SHORT_RUN / 5
    assert accounts.ignored > SHORT_RUN / 100
    assert len(accounts.reasons) > 15
