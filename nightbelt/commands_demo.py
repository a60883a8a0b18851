"""`nightbelt demo`: everything embedded, to look at."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from nightbelt.demo import DemoOptions, DemoState, run_demo
from nightbelt.logs import configure_logs
from nightbelt.past import NIGHTS
from nightbelt.service import listen
from nightbelt.simulation import DEFAULT_BEDS, DEFAULT_SEED
from nightbelt.stopping import Stopping
from nightbelt.terminal import held, out


def demo(
    data: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path("data"),
    beds: Annotated[int | None, typer.Option(min=1, max=500, help=f"Beds; {DEFAULT_BEDS} on new data.")] = None,
    seed: Annotated[int | None, typer.Option(help=f"Seed of the simulation; {DEFAULT_SEED} on new data.")] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=600, help="60: a night in ten minutes; 1: real time.")] = 60.0,
    host: Annotated[str, typer.Option(help="Address of the pages.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the pages; 0: any free one.")] = 8000,
    past_nights: Annotated[
        int, typer.Option(min=1, max=90, help="Nights of history that new data begins with.")
    ] = NIGHTS,
) -> None:
    """Everything embedded: a broker, a simulated centre, and the service, on one address."""
    options = DemoOptions(
        data_dir=data, beds=beds, seed=seed, speed=speed, host=host, port=port, past_nights=past_nights
    )
    with contextlib.closing(listen(host, port)):
        pass  # a taken port is found before anything is made
    with Stopping() as stopping, held(data), contextlib.suppress(KeyboardInterrupt):
        configure_logs("info", path=data / "nightbelt.log")
        with out.status("starting") as status:

            def ready(address: str, state: DemoState) -> None:
                status.stop()
                _welcome(address, state, speed)

            run_demo(options, stopping, tell=lambda text: status.update(f"{text} ..."), ready=ready)
        out.print("stopped; start again to go on from here")


def _welcome(address: str, state: DemoState, speed: float) -> None:
    logins = Table(title=f"Nightbelt demo: {state.beds} beds, {speed:g} times as fast as real time")
    for heading in ("login", "password", "sees"):
        logins.add_column(heading)
    sees = {
        "admin": "everything, and may change settings",
        "lead": "the same, and leads the shift",
        "nurse": "the board",
        "family": "one relative's nights",
    }
    for login, password in state.passwords.items():
        logins.add_row(login, password, sees.get(login, ""))
    out.print(logins)
    out.print(f"open [bold]{address}[/bold]  (Ctrl-C stops)")
