"""The demo: embedded broker, a simulated centre, and the service over them, in a time of their own.

What must be known to go on after a stop is kept in `demo.json` in the data directory: where the clock stood, what
was simulated, and the logins, which are drawn for each data directory.
"""

import contextlib
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import msgspec

from api.passwords import Passwords
from domain.clock import Clock, ScaledClock, SystemClock, instant, utc
from domain.errors import ConfigurationError
from domain.nights import zone
from domain.people import Person, Role
from domain.roster import WEEK, Duty, Post, Shift
from domain.units import DAY_MS
from nightbelt.broker import EmbeddedBroker, die_with_parent
from nightbelt.past import NIGHTS, fill_past
from nightbelt.past_rounds import ROUND_TIMES, walk_past
from nightbelt.service import Service, Stores, listen
from nightbelt.settings import Settings
from nightbelt.simulation import DEFAULT_BEDS, DEFAULT_SEED, demo_center
from nightbelt.stopping import Stopping
from simulators.center import SimulatedCenter

EVENING: Final = time(22, 0)
"""Local time at which a demo begins: all but a few residents are in bed."""
SAVE_EVERY_S: Final = 1.0
LIVED_HERE_DAYS: Final = 2
"""How long before the first night of their history the residents are said to have moved in."""
BAR_LENGTH: Final = 28
_STATE_NAME: Final = "demo.json"
_STOP_WITHIN_S: Final = 5.0
_BELTS_WITHIN_S: Final = 30.0
_LOOK_S: Final = 0.05
_LOGINS: Final = (
    ("admin", Role.ADMIN, "Lin"),
    ("lead", Role.LEAD, "Zhao"),
    ("nurse", Role.CAREGIVER, "Wang"),
    ("family", Role.FAMILY, "Chen"),
)
_SHIFTS: Final = (
    Shift(shift_id="early", name="早班 Early", start=time(6), end=time(14)),
    Shift(shift_id="late", name="晚班 Late", start=time(14), end=time(22)),
    Shift(shift_id="night", name="夜班 Night", start=time(22), end=time(6)),
)
_POSTS: Final = {Post.A: "p-nurse", Post.LEAD: "p-lead"}


class DemoState(msgspec.Struct, forbid_unknown_fields=True):
    """What `demo.json` holds. `began_at` is where the demo's clock first stood, `clock_at` where it stands (ms)."""

    beds: int
    seed: int
    began_at: int
    clock_at: int
    passwords: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What the command line asks for; None: as before on this data, or the default."""

    data_dir: Path
    beds: int | None
    seed: int | None
    speed: float
    host: str
    port: int
    past_nights: int = NIGHTS


def run_demo(
    options: DemoOptions,
    stopping: Stopping,
    *,
    tell: Callable[[str], None],
    ready: Callable[[str, DemoState], None],
) -> None:
    """Run until asked to stop. `tell` hears what is being started, `ready` the address once the pages answer.

    The data directory must be held by the caller. KeyboardInterrupt when asked to stop before it was up.
    """

    def step(what: str) -> None:
        stopping.check()
        tell(what)

    with contextlib.ExitStack() as running:
        listener = running.enter_context(contextlib.closing(listen(options.host, options.port)))
        path = options.data_dir / _STATE_NAME
        state = _state(path, options)
        step("starting the broker")
        broker = EmbeddedBroker(options.data_dir / "broker")
        running.callback(broker.stop)
        broker.wait_ready()
        step("opening the stores")
        settings = _settings(options, broker.port)
        stores = Stores(settings)
        running.callback(stores.close)
        step(f"settling {state.beds} residents in")
        _settle_in(stores, demo_center(state.beds, state.seed, state.began_at), state, options.past_nights, step)
        step("laying the belts under the sheets")
        clock = ScaledClock(origin_at=state.clock_at, machine_origin_at=SystemClock().now(), speed=options.speed)
        running.enter_context(_belts(state, clock, broker.port, options.data_dir, stopping))
        running.enter_context(_saved(path, state, clock))
        service = Service(
            settings, stores, listener, clock=clock, clock_speed=options.speed, banner=f"demo ×{options.speed:g}"
        )
        address = f"http://{options.host}:{listener.getsockname()[1]}"
        service.run(stopping, lambda: ready(address, state))


def _settings(options: DemoOptions, broker_port: int) -> Settings:
    """The demo's own, whatever the environment says of a service."""
    return Settings.model_construct(
        data_dir=options.data_dir,
        mqtt_port=broker_port,
        web_host=options.host,
        web_port=options.port,
        secure_cookies=False,
    )


def _state(path: Path, options: DemoOptions) -> DemoState:
    """The stored state, or a new one. ConfigurationError when the data is of another simulation."""
    if not path.exists():
        evening_at = _evening_before(SystemClock().now())
        state = DemoState(
            beds=options.beds or DEFAULT_BEDS,
            seed=DEFAULT_SEED if options.seed is None else options.seed,
            began_at=evening_at,
            clock_at=evening_at,
            passwords={login: secrets.token_urlsafe(6) for login, _, _ in _LOGINS},
        )
        _save(path, state)
        return state
    try:
        state = msgspec.json.decode(path.read_bytes(), type=DemoState)
    except msgspec.MsgspecError as error:
        raise ConfigurationError(f"{path} is damaged ({error}); choose another data directory") from error
    for login, _, _ in _LOGINS:  # data of an earlier version may lack one
        state.passwords.setdefault(login, secrets.token_urlsafe(6))
    for name, asked, kept in (("beds", options.beds, state.beds), ("seed", options.seed, state.seed)):
        if asked is not None and asked != kept:
            raise ConfigurationError(
                f"{options.data_dir} holds a demo with --{name} {kept}, not {asked}; leave --{name} out, or choose "
                "another --data"
            )
    return state


def _evening_before(now: int) -> int:
    tz = zone("Asia/Shanghai")
    today = utc(now).astimezone(tz).date()
    evenings = (instant(datetime.combine(today - timedelta(days=n), EVENING, tzinfo=tz)) for n in (0, 1))
    return next(evening for evening in evenings if evening <= now)


def _settle_in(
    stores: Stores, center: SimulatedCenter, state: DemoState, past_nights: int, step: Callable[[str], None]
) -> None:
    """Enrol centre and people with a roster, and the nights before; what was changed in the pages since then stays.

    The centre comes last, so a first start that was interrupted begins again.
    """
    if not stores.register.places(state.clock_at):
        fill_past(
            center,
            state.began_at,
            readings=stores.readings,
            book=stores.book,
            nights=past_nights,
            progress=lambda done, nights: step(f"simulating {nights} past nights {_bar(done, nights)}"),
        )
        walk_past(stores.rounds, center, state.began_at, nights=past_nights)
        stores.rosters.plan(center.center.center_id, _SHIFTS, _duties())
        planned = replace(center.center, round_times=ROUND_TIMES)
        lived_here_ms = (past_nights + LIVED_HERE_DAYS) * DAY_MS
        stores.register.enroll(planned, center.entries(), state.began_at - lived_here_ms)
    passwords = Passwords()
    relative = frozenset({center.beds[0].resident.resident_id})
    for login, role, name in _LOGINS:
        known = stores.people.by_login(login)
        if known is not None and passwords.fits(state.passwords[login], known):
            continue
        person = Person(
            person_id=f"p-{login}",
            login=login,
            name=name,
            role=role,
            password_hash=passwords.hash(state.passwords[login]),
            center_id=center.center.center_id,
            relatives=relative if role is Role.FAMILY else frozenset(),
        )
        stores.people.save(person)


def _duties() -> list[Duty]:
    """The same people on every shift of every day."""
    return [
        Duty(shift_id=shift.shift_id, weekday=weekday, post=post, person_id=person_id)
        for shift in _SHIFTS
        for weekday in WEEK
        for post, person_id in _POSTS.items()
    ]


def _bar(done: int, total: int) -> str:
    filled = BAR_LENGTH * done // total
    return "█" * filled + "░" * (BAR_LENGTH - filled)


@contextlib.contextmanager
def _belts(state: DemoState, clock: ScaledClock, port: int, data_dir: Path, stopping: Stopping) -> Iterator[None]:
    """The belts as a process of their own, as belts are; it ends with us.

    They are waited for: sixty times as fast, five seconds in which they only start are five minutes of silent belts.
    """
    options = {
        "--port": port,
        "--beds": state.beds,
        "--seed": state.seed,
        "--speed": clock.speed,
        "--clock-at": clock.origin_at,
        "--machine-clock-at": clock.machine_origin_at,
        "--began-at": state.began_at,
        "--truth": data_dir / "truth.jsonl",
    }
    arguments = [part for name, value in options.items() for part in (name, str(value))]
    log_file = data_dir / "belts.log"
    with log_file.open("ab") as log:
        said_before = log.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "nightbelt", "simulate", "--opening", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - no thread of ours holds a lock yet
        )
    try:
        _wait_for(process, lambda: log_file.stat().st_size > said_before, stopping)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], begun: Callable[[], bool], stopping: Stopping) -> None:
    """Until the belts say that they publish; no longer than they live, or than `_BELTS_WITHIN_S`."""
    deadline = monotonic() + _BELTS_WITHIN_S
    while process.poll() is None and not begun() and monotonic() < deadline:
        stopping.check()
        sleep(_LOOK_S)


@contextlib.contextmanager
def _saved(path: Path, state: DemoState, clock: Clock) -> Iterator[None]:
    """Keep where the clock stands, every `SAVE_EVERY_S` and at the end."""
    stopping = threading.Event()

    def keep() -> None:
        while not stopping.wait(SAVE_EVERY_S):
            state.clock_at = clock.now()
            _save(path, state)

    thread = threading.Thread(target=keep, name="demo-clock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
        state.clock_at = clock.now()
        _save(path, state)


def _save(path: Path, state: DemoState) -> None:
    """Whole or not at all; for its owner's eyes, it holds logins."""
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_bytes(msgspec.json.encode(state))
    new.replace(path)
