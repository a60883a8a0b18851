// The page's constants, its words, its clock, and lengths of time in words.

export const constants = JSON.parse(document.getElementById("constants").textContent);

const DAY_MS = 24 * 60 * 60 * 1000;

export function t(message, values = {}) {
  const text = constants.words[message] ?? message;
  return text.replace(/%\((\w+)\)s/g, (_, name) => String(values[name]));
}

let known = { at: constants.now, seen: performance.now() };

// The service's clock; it runs on by itself between what the server sends.
export function serviceNow() {
  return known.at + (performance.now() - known.seen) * constants.speed;
}

export function setServiceNow(at) {
  known = { at, seen: performance.now() };
}

const hoursAndMinutes = new Intl.DateTimeFormat(constants.language, {
  timeZone: constants.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

export function clockTime(at) {
  return hoursAndMinutes.format(at);
}

const dayOfMonth = new Intl.DateTimeFormat(constants.language, { timeZone: constants.zone, month: "short", day: "numeric" });

// With the day when that was a day ago or more.
export function sinceTime(at) {
  return serviceNow() - at < DAY_MS ? clockTime(at) : `${dayOfMonth.format(at)} ${clockTime(at)}`;
}

export function inWords(lengthMs) {
  const seconds = Math.max(0, Math.floor(lengthMs / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes < 1) return t("%(n)s sec", { n: seconds });
  if (hours < 1) return t("%(n)s min", { n: minutes });
  if (minutes % 60 === 0) return t("%(h)s hr", { h: hours });
  return t("%(h)s hr %(m)s min", { h: hours, m: minutes % 60 });
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
