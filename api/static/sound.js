// Alarm sounds: which pulses a burst has, and playing bursts while an alarm stands.
//
// Pulses, spacings and pauses lie inside the ranges of IEC 60601-1-8 tables 3 and 4; nothing more is claimed,
// for a browser promises no loudness.

const HIGH = { pulse: 0.13, gaps: [0.07, 0.07, 0.27, 0.07], middle: 0.5, rest: 3 };
const MEDIUM = { pulse: 0.18, gaps: [0.18, 0.18], rest: 10 };
const LOW = { pulse: 0.18, gaps: [0.18], rest: 20 };
const PITCH_HZ = 523.25;
const RAMP_S = 0.02;
const LOUDNESS = 0.9;
// Fundamental and four harmonics within 15 dB of each other.
const HARMONICS = [0, 1, 0.8, 0.6, 0.5, 0.4];

// A burst as its pulses ({at, length} in seconds from its start) and the rest until the next one.
export function burst(priority) {
  if (priority === "high") {
    const first = pulses(0, HIGH.pulse, HIGH.gaps);
    const half = first.at(-1).at + HIGH.pulse;
    return { pulses: [...first, ...pulses(half + HIGH.middle, HIGH.pulse, HIGH.gaps)], rest: HIGH.rest };
  }
  const shape = priority === "medium" ? MEDIUM : LOW;
  return { pulses: pulses(0, shape.pulse, shape.gaps), rest: shape.rest };
}

function pulses(start, length, gaps) {
  const all = [{ at: start, length }];
  for (const gap of gaps) all.push({ at: all.at(-1).at + length + gap, length });
  return all;
}

export class AlarmSound {
  #context = null;
  #wave = null;
  #wanted = false;
  #playing = null;
  #timer = 0;
  #scheduled = [];
  #restUntil = 0;
  bursts = 0;

  constructor(onChange) {
    this.onChange = onChange;
  }

  static get possible() {
    return "AudioContext" in window;
  }

  // "on", "off", or "paused" when it is wanted and the browser does not play.
  get state() {
    if (!this.#wanted) return "off";
    return this.#context?.state === "running" ? "on" : "paused";
  }

  async switchOn() {
    this.#wanted = true;
    if (!this.#context) {
      this.#context = new AudioContext();
      this.#context.addEventListener("statechange", () => {
        this.onChange();
        this.#again();
      });
      const imaginary = new Float32Array(HARMONICS);
      this.#wave = this.#context.createPeriodicWave(new Float32Array(HARMONICS.length), imaginary);
    }
    // resume() stays pending without a gesture, so it is not waited for without end
    await Promise.race([this.#context.resume(), new Promise((done) => setTimeout(done, 500))]);
    this.onChange();
    this.#again();
  }

  switchOff() {
    this.#wanted = false;
    this.#silence();
    this.onChange();
  }

  test() {
    if (this.state === "on") this.#play(burst("medium"));
  }

  // Calls with this priority until told otherwise; null is silence. `anew` does not wait for the rest to end.
  call(priority, anew = false) {
    if (priority === this.#playing && !anew) return;
    this.#playing = priority;
    this.#silence();
    this.#again();
  }

  #again() {
    if (!this.#playing || this.state !== "on" || performance.now() < this.#restUntil) return;
    const shape = burst(this.#playing);
    this.#play(shape);
    const last = shape.pulses.at(-1);
    const length = (last.at + last.length + shape.rest) * 1000;
    this.#restUntil = performance.now() + length - 20;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#again(), length);
  }

  #play(shape) {
    const start = this.#context.currentTime + 0.05;
    this.#scheduled = shape.pulses.map((pulse) => this.#pulse(start + pulse.at, pulse.length));
    this.bursts += 1;
    document.documentElement.dataset.bursts = String(this.bursts);
  }

  #pulse(at, length) {
    const oscillator = new OscillatorNode(this.#context, { frequency: PITCH_HZ, periodicWave: this.#wave });
    const gain = new GainNode(this.#context, { gain: 0 });
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(LOUDNESS, at + RAMP_S);
    gain.gain.setValueAtTime(LOUDNESS, at + length - RAMP_S);
    gain.gain.linearRampToValueAtTime(0, at + length);
    oscillator.connect(gain).connect(this.#context.destination);
    oscillator.start(at);
    oscillator.stop(at + length);
    return oscillator;
  }

  #silence() {
    clearTimeout(this.#timer);
    this.#restUntil = 0;
    for (const oscillator of this.#scheduled) oscillator.disconnect();
    this.#scheduled = [];
  }
}
