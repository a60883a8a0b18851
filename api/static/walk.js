// A round being walked: each tap is sent at once, in the order of the taps, and the round is drawn as it was stored.

const SEND_TIMEOUT_MS = 10000;
const place = document.getElementById("walk");
const csrf = document.querySelector('meta[name="csrf"]').content;
let queue = Promise.resolve();

place?.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.action.includes("/rounds/")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  event.submitter?.setAttribute("aria-busy", "true");
  queue = queue.then(() => send(form.action, body));
});

async function send(action, body) {
  let fault = place.querySelector(".walk-fault")?.dataset.lost ?? "";
  try {
    const answer = await fetch(action, {
      method: "POST",
      body,
      headers: { accept: "application/json", "x-csrf-token": csrf },
      signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
    });
    if (answer.status === 401) location.assign("/login");
    const said = answer.status < 500 ? await answer.json() : {};
    if (answer.ok) return draw(said.html);
    fault = said.detail ?? fault;
  } catch {
    // what was not answered is told below; tapping again is harmless
  }
  tell(fault);
}

function draw(html) {
  const open = [...place.querySelectorAll("details[open]")].map((each) => each.closest("[data-room]").dataset.room);
  const typed = [...place.querySelectorAll('[name="note"]')].filter((input) => input.value !== input.defaultValue);
  const kept = typed.map((input) => ({ resident: input.form.elements.resident.value, note: input.value }));
  const focused = document.activeElement?.closest("#walk [data-room]")?.dataset.room;
  place.innerHTML = html;
  for (const room of open) roomOf(room)?.querySelector("details")?.setAttribute("open", "");
  for (const { resident, note } of kept) restore(resident, note);
  if (focused) roomOf(focused)?.querySelector("summary, button")?.focus({ preventScroll: true });
}

function roomOf(room) {
  return [...place.querySelectorAll("[data-room]")].find((each) => each.dataset.room === room);
}

// A note that is still being written; the one that was stored just now is the same.
function restore(resident, note) {
  const inputs = [...place.querySelectorAll('[name="note"]')];
  const input = inputs.find((each) => each.form.elements.resident.value === resident);
  if (input) input.value = note;
}

function tell(fault) {
  const line = place.querySelector(".walk-fault");
  for (const button of place.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  if (!line) return;
  line.hidden = fault === "";
  line.textContent = fault;
}
