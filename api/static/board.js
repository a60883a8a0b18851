// The board: what the link tells goes to beds, alarms, sound and bars.

import { callingAlarm, drawAlarms, onAlarmsChanged, openAlarms, showAlarm, showAllAlarms, untakenAlarms } from "./alarms.js";
import { drawBeds, hearAllBeds, hearBeds, watchedBeds } from "./beds.js";
import { Link } from "./link.js";
import { AlarmSound } from "./sound.js";
import { clockTime, constants, serviceNow, setServiceNow, setText, t } from "./words.js";

const SAY_AGAIN_MS = 30000;
const SOUND_KEY = "nightbelt-sound";
const FEWEST_SILENT = 2;
const NAME = document.title;
const byId = (id) => document.getElementById(id);
const said = new Map();
let lostSince = null;

const sound = new AlarmSound(drawSound);
const link = new Link(constants.last_event_id, hear);

function hear(kind, data) {
  if (kind === "heartbeat") {
    setServiceNow(data.now);
    constants.alarms_at_risk = data.alarms_at_risk;
  }
  if (kind === "snapshot") takeSnapshot(data);
  if (kind === "beds") hearBeds(data.beds);
  if (kind === "unassigned") setText(byId("unassigned-line"), data.line);
  if (kind === "alarm") {
    said.set(data.alarm_id, data.say);
    showAlarm(data);
  }
  if (kind === "goodbye") location.assign("/login");
  drawLink();
}

function takeSnapshot(snapshot) {
  for (const name of ["speed", "stale_after_ms", "age_shown_ms", "rate_kept_ms", "alarms_at_risk", "session_ends_at", "session_warning_ms"]) {
    constants[name] = snapshot[name];
  }
  setServiceNow(snapshot.now);
  hearAllBeds(snapshot);
  for (const alarm of snapshot.alarms) said.set(alarm.alarm_id, alarm.say);
  showAllAlarms(snapshot.alarms);
  setText(byId("unassigned-line"), snapshot.unassigned);
}

onAlarmsChanged(() => {
  callOut();
  announce();
});

// What has to be heard now: the most severe alarm that nobody has taken, else that this board cannot know of alarms.
function soundNow() {
  const { all, silent } = watchedBeds();
  const deaf = link.lost || constants.alarms_at_risk || (silent >= FEWEST_SILENT && 2 * silent >= all);
  return callingAlarm()?.priority ?? (deaf ? "low" : null);
}

let calledOut = new Set();

function callOut() {
  const untaken = untakenAlarms();
  const grown = untaken.some((alarmId) => !calledOut.has(alarmId));
  calledOut = new Set(untaken);
  sound.call(soundNow(), grown);
  drawTitle(untaken.length);
  drawQuiet();
}

function drawTitle(untaken) {
  const mark = link.lost ? "! " : untaken && !link.resting ? `(${untaken}) ` : "";
  if (document.title !== mark + NAME) document.title = mark + NAME;
}

// Calm is only said of what is watched.
function drawQuiet() {
  const { all, silent } = watchedBeds();
  byId("all-quiet").hidden = link.lost || constants.alarms_at_risk || silent > 0 || all === 0 || openAlarms() > 0;
  byId("unheard").hidden = link.lost || silent === 0;
  byId("unwatched").hidden = link.lost || all > 0;
  byId("unassigned").hidden = link.lost || !byId("unassigned-line").textContent;
  const words = silent === 1
    ? t("1 bed without signal: nothing can be raised for it.")
    : t("%(n)s beds without signal: nothing can be raised for them.", { n: silent });
  if (silent) setText(byId("unheard").querySelector("span"), words);
}

let spoken = { alarmId: null, at: 0 };

// Said to screen readers when it begins to call, and again while it does.
function announce() {
  const calling = callingAlarm();
  const now = performance.now();
  if (calling && calling.alarmId === spoken.alarmId && now - spoken.at < SAY_AGAIN_MS) return;
  if (!calling && spoken.alarmId === null) return;
  spoken = { alarmId: calling?.alarmId ?? null, at: now };
  byId("announcer").textContent = "";
  if (!calling) return;
  const what = said.get(calling.alarmId);
  if (what) setTimeout(() => setText(byId("announcer"), t("Alarm: %(what)s", { what })), 100);
}

function drawLink() {
  const lost = link.lost;
  if (lost && lostSince === null) lostSince = serviceNow() - link.silentMs * constants.speed;
  if (!lost) lostSince = null;
  document.body.dataset.link = lost ? "lost" : "live";
  const bar = byId("lost-bar");
  if (lost) {
    setText(bar, t("Link to the server lost since %(time)s. What is shown below is not live.", { time: clockTime(lostSince) }));
    drawBeds(false);
  }
  bar.hidden = !lost;
  byId("risk-bar").hidden = lost || !constants.alarms_at_risk;
  callOut();
}

function drawSession() {
  const near = constants.session_ends_at - serviceNow() < constants.session_warning_ms;
  const bar = byId("session-bar");
  if (near) {
    const time = clockTime(constants.session_ends_at);
    setText(bar.querySelector("span"), t("You will be signed out at %(time)s, and this board goes dark.", { time }));
  }
  bar.hidden = !near;
}

function drawSound() {
  const state = AlarmSound.possible ? sound.state : "impossible";
  const warnings = {
    off: t("Sound is off: alarms cannot be heard here."),
    paused: t("The browser has paused the sound: alarms cannot be heard here."),
    impossible: t("This browser cannot make alarm sounds."),
  };
  document.documentElement.dataset.sound = state;
  const button = byId("sound-switch");
  button.setAttribute("aria-pressed", String(state === "on"));
  setText(button.querySelector("span"), state === "on" ? t("Sound on") : t("Sound off"));
  button.querySelector("use").setAttribute("href", state === "on" ? "#i-sound" : "#i-mute");
  byId("sound-test").hidden = state !== "on";
  byId("sound-bar").hidden = state === "on";
  byId("sound-now").hidden = state === "impossible";
  if (state !== "on") setText(byId("sound-bar").querySelector("span"), warnings[state]);
}

async function turnOn() {
  sessionStorage.setItem(SOUND_KEY, "on");
  await sound.switchOn();
  if (!callingAlarm()) sound.test();
}

function wireSound() {
  byId("sound-controls").hidden = false;
  byId("sound-now").addEventListener("click", turnOn);
  byId("sound-test").addEventListener("click", () => sound.test());
  byId("sound-switch").addEventListener("click", () => {
    if (sound.state === "on") {
      sessionStorage.removeItem(SOUND_KEY);
      sound.switchOff();
    } else turnOn();
  });
  if (sessionStorage.getItem(SOUND_KEY) && AlarmSound.possible) sound.switchOn();
  // A browser lets a page sound once somebody has touched it, wherever that was.
  for (const touch of ["pointerdown", "pointerup", "keydown"]) {
    document.addEventListener(touch, (event) => {
      const switches = event.target.closest?.("#sound-controls");
      if (sound.state === "paused" && !switches) sound.switchOn();
    }, { capture: true });
  }
  drawSound();
}

function restUnseen() {
  link.rest(document.hidden && sound.state !== "on");
}

function everySecond() {
  restUnseen();
  link.watch();
  drawLink();
  if (!link.lost) drawBeds();
  drawAlarms();
  drawSession();
  drawSound();
  announce();
  setText(byId("clock"), clockTime(serviceNow()));
}

wireSound();
link.open();
document.addEventListener("visibilitychange", restUnseen);
setInterval(everySecond, 1000);
