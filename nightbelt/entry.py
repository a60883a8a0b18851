"""The command's entry point: as little as possible before an interruption ends quietly."""

import signal


def main() -> None:
    """Run the command line. An interruption while it is still being loaded ends the process without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from nightbelt.cli import main as run  # noqa: PLC0415 - loading takes a moment, in which Ctrl-C must be quiet

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()
