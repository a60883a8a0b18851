// The cards of the alarms: kept in order, never set back to an older view, and acted on.

import { inWords, serviceNow, setText, t } from "./words.js";

const shelves = { open: document.getElementById("open-alarms"), unfinished: document.getElementById("unfinished-alarms") };
const progressOf = new Map();
const csrf = document.querySelector('meta[name="csrf"]').content;
const SEND_TIMEOUT_MS = 10000;
const listeners = [];

for (const card of cards()) progressOf.set(card.dataset.alarmId, Number(card.dataset.progress));

export function onAlarmsChanged(listener) {
  listeners.push(listener);
}

function cards() {
  return document.querySelectorAll("[data-alarm-id]");
}

function cardOf(alarmId) {
  return [...cards()].find((card) => card.dataset.alarmId === alarmId);
}

export function showAlarm(alarm) {
  replaceCard(alarm);
  tidy();
}

// Each event counts an alarm's progress up, so what arrives late or twice changes nothing.
function replaceCard(alarm) {
  const shown = progressOf.get(alarm.alarm_id);
  if (shown !== undefined && shown >= alarm.progress) return;
  progressOf.set(alarm.alarm_id, alarm.progress);
  const old = cardOf(alarm.alarm_id);
  const card = alarm.shelf in shelves ? fromHtml(alarm.html) : null;
  if (card && old) keepWhatWasTyped(old, card);
  const focus = old?.contains(document.activeElement) ? focusNow() : null;
  old?.remove();
  if (card) put(shelves[alarm.shelf], card);
  if (card && focus) restoreFocus(card, focus);
}

export function showAllAlarms(alarms) {
  const standing = new Set(alarms.map((alarm) => alarm.alarm_id));
  for (const card of cards()) if (!standing.has(card.dataset.alarmId)) card.remove();
  for (const alarm of alarms) {
    if (!cardOf(alarm.alarm_id)) progressOf.delete(alarm.alarm_id);
    replaceCard(alarm);
  }
  tidy();
}

export function drawAlarms() {
  for (const time of document.querySelectorAll("[data-since]")) {
    setText(time, t("%(age)s ago", { age: inWords(serviceNow() - Number(time.dataset.since)) }));
  }
  for (const time of document.querySelectorAll("[data-until]")) {
    setText(time, t("%(left)s left", { left: inWords(Number(time.dataset.until) - serviceNow()) }));
  }
}

// The most severe alarm that nobody has taken, or null.
export function callingAlarm() {
  const calling = shelves.open.querySelector('.card[data-state="active"]');
  return calling && { alarmId: calling.dataset.alarmId, priority: calling.dataset.priority };
}

export function untakenAlarms() {
  return [...shelves.open.querySelectorAll('.card[data-state="active"]')].map((card) => card.dataset.alarmId);
}

export function openAlarms() {
  return shelves.open.children.length;
}

// A bed shows its most severe alarm, and is attended when somebody goes for each of them.
function markBeds() {
  const marks = new Map();
  for (const { dataset } of shelves.open.children) {
    const mark = marks.get(dataset.resident) ?? { priority: dataset.priority, taken: true };
    marks.set(dataset.resident, { ...mark, taken: mark.taken && dataset.state === "acknowledged" });
  }
  for (const tile of document.querySelectorAll(".tile[data-resident]")) {
    const mark = marks.get(tile.dataset.resident);
    tile.toggleAttribute("data-taken", mark?.taken === true);
    if (mark) tile.dataset.alarm = mark.priority;
    else delete tile.dataset.alarm;
  }
}

function put(shelf, card) {
  const next = [...shelf.children].find((other) => other.dataset.order > card.dataset.order);
  shelf.insertBefore(card, next ?? null);
}

function tidy() {
  setText(document.getElementById("tally"), String(shelves.open.children.length));
  document.getElementById("unfinished").hidden = shelves.unfinished.children.length === 0;
  markBeds();
  drawAlarms();
  for (const listener of listeners) listener();
}

function fromHtml(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

function keepWhatWasTyped(old, card) {
  const more = card.querySelector(".card-more");
  if (more) more.open = old.querySelector(".card-more")?.open === true && old.dataset.state === card.dataset.state;
  const [from, to] = [old.querySelector(".card-close"), card.querySelector(".card-close")];
  if (!from?.open || !to) return;
  to.open = true;
  to.querySelector('[name="note"]').value = from.querySelector('[name="note"]').value;
  const chosen = from.querySelector(":checked");
  if (chosen) to.querySelector(`[value="${chosen.value}"]`).checked = true;
}

function focusNow() {
  const { name, value, tagName, selectionStart, selectionEnd } = document.activeElement;
  return { name, value, tagName, selectionStart, selectionEnd };
}

// The same control in the new card, with what was selected in it; else the card's handle.
function restoreFocus(card, { name, value, tagName, selectionStart, selectionEnd }) {
  const named = name ? [...card.querySelectorAll(`[name="${name}"]`)] : [...card.querySelectorAll("summary")];
  const control = named.find((other) => other.value === value && other.tagName === tagName) ?? card.querySelector("summary");
  control?.focus({ preventScroll: true });
  if (control?.type === "text") control.setSelectionRange(selectionStart, selectionEnd);
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form:is(.acknowledge, .resolve, .snooze, .escalate)");
  if (!form) return;
  event.preventDefault();
  if (!form.dataset.sending) send(form, event.submitter ?? form.querySelector("button"));
});

async function send(form, button) {
  const words = button.textContent;
  form.dataset.sending = "1";
  button.disabled = true;
  setText(button, t("Sending …"));
  const fault = await post(form, button);
  delete form.dataset.sending;
  button.disabled = false;
  setText(button, words);
  const place = form.closest("[data-alarm-id]")?.querySelector(".card-fault");
  if (place) {
    place.hidden = fault === "";
    setText(place, fault);
  }
}

// The sentence that says what went wrong, "" when the server did it.
async function post(form, button) {
  let answer = null;
  const body = new URLSearchParams(new FormData(form));
  if (button.name) body.append(button.name, button.value);
  try {
    answer = await fetch(form.action, {
      method: "POST",
      body,
      headers: { accept: "application/json", "x-csrf-token": csrf },
      signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
    });
    if (answer.status === 401) location.assign("/login");
    const said = answer.status < 500 ? await answer.json() : null;
    if (answer.ok) showAlarm(said);
    else if (said) return said.detail ?? t("Not sent: the server answered %(status)s. Try again.", { status: answer.status });
    return answer.ok ? "" : t("Perhaps not sent; look at the card.");
  } catch (error) {
    if (answer || error.name === "TimeoutError") return t("Perhaps not sent; look at the card.");
    return t("Not sent: the link to the server is lost. Try again.");
  }
}
