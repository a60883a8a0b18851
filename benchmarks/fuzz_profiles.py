"""Random and broken payloads over all profiles: nothing crashes, and every message is accounted for.

Accepted + ignored + quarantined = sent is checked message by message from what came out, and with it that what is
quarantined is kept whole, that no reason is unknown, and that no value, time or id is one that cannot be. The first
message for which something does not hold ends the run with exit code 1 and is printed.

    python -m benchmarks.fuzz_profiles --count 1000000 --seed 3
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from ingest.decoder import Decoder
from ingest.profiles.loading import available, load_profiles
from tests.fuzz.accounts import Accounts
from tests.fuzz.messages import messages

STEP = 1_000
COUNTS = ("sent", "accepted", "ignored", "quarantined", "readings", "statuses")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000, help="messages")
    parser.add_argument("--seed", type=int, default=3, help="the same seed makes the same messages")
    options = parser.parse_args(arguments)
    begun_s = time.perf_counter()
    try:
        accounts = fuzz(options.count, options.seed)
    except AssertionError as error:
        sys.exit(f"seed {options.seed}: {error}")
    figures = {name: getattr(accounts, name) for name in COUNTS} | {"balanced": accounts.balanced}
    figures |= {"reasons": dict(accounts.reasons.most_common()), "seed": options.seed}
    print(json.dumps(figures | {"seconds": round(time.perf_counter() - begun_s)}))


def fuzz(count: int, seed: int) -> Accounts:
    """One decoder, all profiles, `count` messages. AssertionError names the message that should not be."""
    decoder = Decoder(load_profiles(list(available())))
    accounts, stream = Accounts(), messages(random.Random(seed))
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("messages", total=count)
        for n in range(count):
            accounts.take(decoder, next(stream))
            if n % STEP == 0:
                progress.update(task, completed=n)
        progress.update(task, completed=count)
    return accounts


if __name__ == "__main__":
    main()
