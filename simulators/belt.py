"""A belt's night: the truth sampled at its cadence, and when each reading reaches the broker.

Any slice of a night can be made alone: the noise of a sample and the way of a message are functions of its number.
"""

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.readings import Occupancy, SleepStage
from domain.residents import Side
from domain.units import SECOND_MS
from simulators.center import SimulatedBed, SimulatedCenter
from simulators.delivery import BURST_SPACING_MS, LATENCY_MS, Delivery, OfflineSpan, plan_delivery
from simulators.drift import Drift, plan_drift
from simulators.episodes import Episode, night_body, plan_episodes
from simulators.losses import CHATTER_FROM_EDGE_MS, WEAK_SHARE, Lossy, lossy_belt
from simulators.night import NightPlan, plan_night
from simulators.physiology import CELL_MS, Body
from simulators.scenarios import DUPLICATE_MAX_MS, DUPLICATE_SHARE, SHUFFLE_MAX_MS, Scenario
from simulators.stages import maker_stages
from simulators.streams import Purpose, hashed, lane, salt

Instants = NDArray[np.int64]
Floats = NDArray[np.float32]

SETTLE_MS: Final = 30 * SECOND_MS
"""After getting into bed a belt gives no rates for this long."""
_RATES_LOST_AT_MOVEMENT: Final = np.float32(60)
"""With this much movement the heart cannot be told."""
_WEAK_QUALITY: Final = np.float32(15)
_HEART_RATE_NOISE: Final = np.float32(3.0)
"""Full width of the noise of one sample, bpm; beats differ from one to the next."""
_BREATHING_RATE_NOISE: Final = np.float32(0.6)
_MOVEMENT_LEAST_FACTOR: Final = np.float32(0.7)
_MOVEMENT_FACTOR_WIDTH: Final = np.float32(0.6)
_STILL_MOVEMENT: Final = np.float32(2.5)
"""What a belt shows for breathing alone, at most."""
_BEST_QUALITY: Final = np.float32(97)
_QUALITY_NOISE: Final = np.float32(8)
_QUALITY_PER_MOVEMENT: Final = np.float32(0.5)
_POOR_QUALITY: Final = np.float32(25)
"""Best signal quality of a belt that lies badly."""
FINE_INTERVAL_MS: Final = 5 * SECOND_MS
"""Belts that report more slowly give a mean rate, in which a pause does not show."""
_PAUSED_RATE: Final = np.float32(3)
"""A sleeper who does not breathe lies still, and a belt loses nothing of that."""
_VIBRATION_HEART_RATE: Final = np.float32(80)
_VIBRATION_BREATHING_RATE: Final = np.float32(18)
_VIBRATION_WIDTH: Final = np.float32(60)
"""What a pump under an empty bed looks like: anything."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BeltReadings:
    """Readings of one belt as columns of one length. `arrives_at` is true time, `observed_at` the belt's clock.

    Units as in `domain.units`; NaN and `SleepStage.UNKNOWN` are missing. Ascending by sample, copies at the end.
    """

    observed_at: Instants
    arrives_at: Instants
    in_bed: NDArray[np.int8]
    heart_rate: Floats
    breathing_rate: Floats
    movement: Floats
    turn_overs: Floats
    signal_quality: Floats
    sleep_stage: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.observed_at)

    def select(self, rows: NDArray[np.bool_] | Instants) -> "BeltReadings":
        """The readings at `rows` (mask or positions)."""
        return BeltReadings(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BeltNight:
    """All that one belt's night is made of. `maker_stages` is what its maker tells, by the body's cells."""

    plan: NightPlan
    body: Body
    delivery: Delivery
    episodes: tuple[Episode, ...]
    sample_salt: np.uint64
    message_salt: np.uint64
    lossy: Lossy | None
    drift: Drift | None = None
    maker_stages: NDArray[np.int8] | None = None

    @property
    def bed(self) -> SimulatedBed:
        return self.plan.bed


def belt_night(center: SimulatedCenter, bed: SimulatedBed, night: date) -> BeltNight:
    """The night of the belt under `bed` that begins on the evening of `night`."""
    plan = plan_night(center, bed, night)
    day = night.toordinal()
    episodes = plan_episodes(center, plan)
    body = night_body(center, plan, episodes)
    return BeltNight(
        plan=plan,
        body=body,
        delivery=plan_delivery(center, plan),
        episodes=episodes,
        sample_salt=salt(center.seed, Purpose.SAMPLE_NOISE, bed.index, day),
        message_salt=salt(center.seed, Purpose.MESSAGE_NOISE, bed.index, day),
        lossy=lossy_belt(center, plan) if center.mix.measured else None,
        drift=plan_drift(center, plan),
        maker_stages=maker_stages(body, salt(center.seed, Purpose.MAKER_STAGES, bed.index, day))
        if bed.belt.tells_stages
        else None,
    )


def belt_readings(night: BeltNight, from_at: int, to_at: int) -> BeltReadings:
    """What the belt sampled in [`from_at`, `to_at`) (true ms, clipped to the night) and what of it arrives, when."""
    belt = night.bed.belt
    first = -((belt.phase_ms - max(from_at, night.plan.start_at)) // belt.interval_ms)
    last = -((belt.phase_ms - min(to_at, night.plan.end_at)) // belt.interval_ms)
    numbers = np.arange(first, max(first, last), dtype=np.int64)
    at = numbers * belt.interval_ms + belt.phase_ms
    sampled = _during_episodes(night, at, numbers, _sampled(night, at, numbers))
    if night.lossy is not None:
        sampled = _as_lossy(night, night.lossy, at, numbers, sampled)
    return _delivered(night, numbers, sampled)


def _sampled(night: BeltNight, at: Instants, numbers: Instants) -> BeltReadings:
    """One reading for each instant `at`; nothing is lost yet and everything arrives at once."""
    edges = night.plan.in_bed.ravel()
    place = np.searchsorted(edges, at, side="right")
    inside = place % 2 == 1
    cells = (at - night.plan.start_at) // CELL_MS
    noise = hashed(numbers, night.sample_salt)
    felt = inside | (night.bed.side is not Side.WHOLE)
    movement = _movement(night.body.movement[cells], lane(noise, 0), felt)
    entered_at = edges[np.maximum(place - 1, 0)] if len(edges) else at
    weak = lane(noise, 3) < WEAK_SHARE
    rates = inside & ~weak & (movement < _RATES_LOST_AT_MOVEMENT) & (at - entered_at >= SETTLE_MS)
    heart_rate = np.rint(night.body.heart_rate[cells] + _spread(lane(noise, 1), _HEART_RATE_NOISE))
    breathing_rate = night.body.breathing_rate[cells] + _spread(lane(noise, 2), _BREATHING_RATE_NOISE)
    missing = np.float32(np.nan)
    return BeltReadings(
        observed_at=at + night.bed.belt.clock_offset_ms + (night.drift.clock_off_ms(at) if night.drift else 0),
        arrives_at=at,
        in_bed=np.where(inside, np.int8(Occupancy.IN), np.int8(Occupancy.OUT)),
        heart_rate=np.where(rates, heart_rate, missing),
        breathing_rate=np.where(rates, np.rint(breathing_rate * np.float32(10)) / np.float32(10), missing),
        movement=movement,
        turn_overs=_turned(night, at),
        signal_quality=np.where(inside, np.where(weak, _WEAK_QUALITY, _quality(movement, lane(noise, 3))), missing),
        sleep_stage=_stage(night, cells, inside),
    )


def _during_episodes(night: BeltNight, at: Instants, numbers: Instants, readings: BeltReadings) -> BeltReadings:
    """What episodes make of the belt itself; those of the body are in its rates."""
    heart, breath, quality = readings.heart_rate, readings.breathing_rate, readings.signal_quality
    for episode in night.episodes:
        during = (at >= episode.from_at) & (at < episode.to_at)
        if not during.any():
            continue
        noise = lane(hashed(numbers[during], night.sample_salt), 1)
        if episode.kind is Scenario.VITALS_LOST:
            heart[during] = breath[during] = np.nan
        elif episode.kind is Scenario.POOR_SIGNAL:
            quality[during] = np.floor(_POOR_QUALITY * noise)
        elif episode.kind is Scenario.BREATHING_PAUSE and night.bed.belt.interval_ms <= FINE_INTERVAL_MS:
            breath[during] = np.rint(np.float32(episode.rate * 10)) / np.float32(10)
        elif episode.kind is Scenario.EMPTY_VIBRATION:
            heart[during] = np.rint(_VIBRATION_HEART_RATE + _spread(noise, _VIBRATION_WIDTH))
            breath[during] = np.rint(_VIBRATION_BREATHING_RATE + _spread(noise, _VIBRATION_WIDTH / 4))
    return replace(readings, heart_rate=heart, breathing_rate=breath, signal_quality=quality)


def _as_lossy(night: BeltNight, lossy: Lossy, at: Instants, numbers: Instants, readings: BeltReadings) -> BeltReadings:
    """The readings as a real belt gives them: values missing, the bed empty for a moment while somebody is in it."""
    heart_lost, breath_lost = lossy.lost(at, numbers)
    inside = readings.in_bed == Occupancy.IN
    chatters = inside & lossy.chatters(at) & _amid(night, at)
    breath_lost &= ~(readings.breathing_rate < _PAUSED_RATE)
    missing = np.float32(np.nan)
    return replace(
        readings,
        in_bed=np.where(chatters, np.int8(Occupancy.OUT), readings.in_bed),
        heart_rate=np.where(chatters | heart_lost, missing, readings.heart_rate),
        breathing_rate=np.where(chatters | breath_lost, missing, readings.breathing_rate),
        signal_quality=np.where(chatters, missing, readings.signal_quality),
        sleep_stage=np.where(chatters, np.int8(SleepStage.UNKNOWN), readings.sleep_stage),
    )


def _amid(night: BeltNight, at: Instants) -> NDArray[np.bool_]:
    """Not near getting in or leaving: that is no chatter."""
    edges = night.plan.in_bed.ravel()
    if not len(edges):
        return np.zeros(len(at), np.bool_)
    place = np.searchsorted(edges, at)
    before, after = edges[np.maximum(place - 1, 0)], edges[np.minimum(place, len(edges) - 1)]
    amid: NDArray[np.bool_] = np.minimum(np.abs(at - before), np.abs(after - at)) >= CHATTER_FROM_EDGE_MS
    return amid


def _spread(fraction: Floats, width: np.float32) -> Floats:
    return (fraction - np.float32(0.5)) * width


def _movement(level: Floats, fraction: Floats, felt: NDArray[np.bool_]) -> Floats:
    moved = level * (_MOVEMENT_LEAST_FACTOR + _MOVEMENT_FACTOR_WIDTH * fraction) + _STILL_MOVEMENT * fraction
    return np.where(felt, np.minimum(np.floor(moved), np.float32(100)), np.float32(0))


def shown_movement(level: Floats) -> tuple[Floats, Floats]:
    """The least and the most that a sample shows of such a movement."""
    most = level * (_MOVEMENT_LEAST_FACTOR + _MOVEMENT_FACTOR_WIDTH) + _STILL_MOVEMENT
    return np.floor(level * _MOVEMENT_LEAST_FACTOR), most


def _quality(movement: Floats, fraction: Floats) -> Floats:
    return np.floor(_BEST_QUALITY - _QUALITY_PER_MOVEMENT * movement - _QUALITY_NOISE * fraction)


def _stage(night: BeltNight, cells: Instants, inside: NDArray[np.bool_]) -> NDArray[np.int8]:
    unknown = np.int8(SleepStage.UNKNOWN)
    if night.maker_stages is None:
        return np.full(len(cells), unknown)
    return np.where(inside, night.maker_stages[cells], unknown)


def _turned(night: BeltNight, at: Instants) -> Floats:
    """Turn-overs after the sample before and up to this one."""
    if not len(at):
        return np.empty(0, np.float32)
    before = at[:1] - night.bed.belt.interval_ms
    known = np.searchsorted(night.body.turn_overs, np.concatenate([before, at]), side="right")
    return np.diff(known).astype(np.float32)


def _delivered(night: BeltNight, numbers: Instants, readings: BeltReadings) -> BeltReadings:
    """The readings with their arrival; lost ones are gone, copies are added. All arrive before the night ends."""
    belt, delivery = night.bed.belt, night.delivery
    messages = numbers // belt.batch
    sent_at = (messages * belt.batch + belt.batch - 1) * belt.interval_ms + belt.phase_ms
    chance = hashed(messages, night.message_salt)
    arrives_at = sent_at + LATENCY_MS[0] + (lane(chance, 0) * (LATENCY_MS[1] - LATENCY_MS[0])).astype(np.int64)
    if delivery.shuffled:
        arrives_at += (lane(chance, 1) * SHUFFLE_MAX_MS).astype(np.int64)
    kept = np.ones(len(numbers), np.bool_)
    for span in delivery.offline:
        silent = (sent_at >= span.from_at) & (sent_at < span.to_at)
        if span.buffered:
            arrives_at = _after_silence(night, span, messages, sent_at, arrives_at)
        else:
            kept &= ~silent
    rows = np.flatnonzero(kept)
    arrivals = arrives_at[rows]
    if delivery.duplicates:
        again = np.flatnonzero(kept & (lane(chance, 2) < DUPLICATE_SHARE))
        later = 1 + (lane(chance, 3)[again] * DUPLICATE_MAX_MS).astype(np.int64)
        rows, arrivals = np.concatenate([rows, again]), np.concatenate([arrivals, arrives_at[again] + later])
    columns = readings if len(rows) == len(numbers) and not delivery.duplicates else readings.select(rows)
    return _arriving(columns, np.minimum(arrivals, night.plan.end_at - 1))


def _after_silence(
    night: BeltNight, span: OfflineSpan, messages: Instants, sent_at: Instants, arrives_at: Instants
) -> Instants:
    """Arrivals when the belt sends what it kept in order after `span`, and only then what is new."""
    belt = night.bed.belt
    step_ms = belt.batch * belt.interval_ms
    last_sample_ms = (belt.batch - 1) * belt.interval_ms + belt.phase_ms
    first = -((last_sample_ms - span.from_at) // step_ms)
    total = -((last_sample_ms - span.to_at) // step_ms) - first
    burst_at = span.to_at + LATENCY_MS[0]
    kept = (sent_at >= span.from_at) & (sent_at < span.to_at)
    late = np.where(kept, burst_at + (messages - first) * BURST_SPACING_MS, arrives_at)
    after = sent_at >= span.to_at
    return np.where(after, np.maximum(late, burst_at + total * BURST_SPACING_MS), late)


def _arriving(readings: BeltReadings, arrives_at: Instants) -> BeltReadings:
    columns = {column.name: getattr(readings, column.name) for column in fields(readings)}
    return BeltReadings(**columns | {"arrives_at": arrives_at})
