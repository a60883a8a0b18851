// The tiles of the beds: what was last heard of each, and what may still be said of it now.

import { constants, inWords, serviceNow, setText, sinceTime, t } from "./words.js";

const STATUS_WORDS = { in: t("In bed"), out: t("Out of bed"), unknown: t("Unknown"), silent: t("No signal") };
const heard = new Map(constants.beds.map((bed) => [bed.belt, bed]));
let layout = constants.layout;

export function hearBeds(beds) {
  for (const bed of beds) heard.set(bed.belt, bed);
  drawBeds();
}

export function hearAllBeds(snapshot) {
  heard.clear();
  if (snapshot.layout !== layout) {
    document.getElementById("tiles").innerHTML = snapshot.beds_html;
    layout = snapshot.layout;
  }
  hearBeds(snapshot.beds);
}

// How many beds ought to report, and how many of them do not.
export function watchedBeds() {
  const silent = document.querySelectorAll('.tile[data-belt][data-status="silent"]').length;
  return { all: document.querySelectorAll(".tile[data-belt]").length, silent };
}

export function drawBeds(live = true) {
  const now = serviceNow();
  for (const tile of document.querySelectorAll(".tile[data-belt]")) drawBed(tile, heard.get(tile.dataset.belt), now, live);
  for (const count of document.querySelectorAll("[data-count]")) {
    const tiles = document.querySelectorAll(`.tile[data-status="${count.dataset.count}"]`);
    setText(count.querySelector("b"), String(tiles.length));
  }
}

function drawBed(tile, bed, now, live) {
  const fresh = bed?.received_at != null && now - bed.received_at <= constants.stale_after_ms;
  const status = fresh ? bed.status : "silent";
  if (tile.dataset.status !== status) {
    tile.dataset.status = status;
    tile.querySelector(".tile-state use").setAttribute("href", `#i-${status}`);
  }
  setText(tile.querySelector(".state-word"), STATUS_WORDS[status]);
  setText(tile.querySelector(".state-for"), forHowLong(bed, fresh, now));
  drawRate(tile.querySelector('[data-rate="heart"]'), live && fresh, bed?.heart_rate, bed?.heart_rate_at, now);
  drawRate(tile.querySelector('[data-rate="breathing"]'), live && fresh, bed?.breathing_rate, bed?.breathing_rate_at, now);
}

function forHowLong(bed, fresh, now) {
  if (bed?.received_at == null) return t("never reported");
  if (!fresh) return t("since %(time)s", { time: sinceTime(bed.received_at) });
  return bed.since_at == null ? "" : inWords(now - bed.since_at);
}

function drawRate(place, shown, value, at, now) {
  const age = at == null ? Infinity : now - at;
  const known = shown && value != null && age <= constants.rate_kept_ms;
  setText(place.querySelector(".value"), known ? String(Math.round(value)) : "–");
  setText(place.querySelector(".age"), known && age > constants.age_shown_ms ? t("%(age)s ago", { age: inWords(age) }) : "");
}
