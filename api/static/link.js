// The link to the server: an event stream that is taken up again by this code, and a watch over its silence.

const LOST_AFTER_MS = 8000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 4000;
const ASK_TIMEOUT_MS = 4000;

export class Link {
  #source = null;
  #heardAt = performance.now();
  #openedAt = 0;
  #resting = false;
  #lastEventId;
  #wait = FIRST_WAIT_MS;
  #timer = 0;

  constructor(lastEventId, hear) {
    this.#lastEventId = lastEventId;
    this.hear = hear;
  }

  get silentMs() {
    return performance.now() - this.#heardAt;
  }

  get lost() {
    return !this.#resting && this.silentMs > LOST_AFTER_MS;
  }

  // While nobody sees or hears this tab it leaves the connection to others: a browser opens six to one host.
  rest(resting) {
    if (resting === this.#resting) return;
    this.#resting = resting;
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.#wait = FIRST_WAIT_MS;
    if (!resting) this.open();
  }

  get resting() {
    return this.#resting;
  }

  open() {
    const source = new EventSource(`/live?after=${this.#lastEventId}`);
    this.#source = source;
    this.#openedAt = performance.now();
    for (const kind of ["snapshot", "beds", "alarm", "unassigned", "heartbeat", "goodbye"]) {
      source.addEventListener(kind, (event) => this.#take(source, kind, event));
    }
    source.addEventListener("error", () => this.#again(source));
  }

  // A stream that is open and silent is dead as well; a new one is given the time to speak.
  watch() {
    const tried = performance.now() - this.#openedAt > LOST_AFTER_MS;
    if (this.#source && this.lost && tried) this.#again(this.#source);
  }

  #take(source, kind, event) {
    if (source !== this.#source) return;
    this.#heardAt = performance.now();
    if (kind === "snapshot") this.#wait = FIRST_WAIT_MS;
    if (event.lastEventId) this.#lastEventId = Math.max(this.#lastEventId, Number(event.lastEventId));
    this.hear(kind, JSON.parse(event.data));
  }

  #again(source) {
    if (source !== this.#source) return;
    source.close();
    this.#source = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), this.#wait * (0.75 + Math.random() / 2));
    this.#wait = Math.min(LONGEST_WAIT_MS, this.#wait * 2);
  }

  // An event stream does not say why it was refused, so the server is asked first.
  async #ask() {
    try {
      const answer = await fetch("/api/session", { signal: AbortSignal.timeout(ASK_TIMEOUT_MS), headers: { accept: "application/json" } });
      if (answer.status === 401) {
        location.assign("/login");
        return;
      }
    } catch {
      // still lost: the stream below fails as well and this is tried again
    }
    if (!this.#resting && !this.#source) this.open();
  }
}
