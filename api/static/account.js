// Push messages in this browser: what state they are in here, and switching them on.

const box = document.getElementById("push");
const csrf = document.querySelector('meta[name="csrf"]').content;
const WORKER = "/static/push-worker.js";

if (box) {
  box.querySelector("button").addEventListener("click", switchOn);
  show(await state());
}

async function state() {
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return "unable";
  if (Notification.permission === "denied") return "denied";
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  const subscription = await registration?.pushManager.getSubscription();
  return subscription && ours(subscription) && (await known(subscription)) ? "on" : "off";
}

// One that the server was not given, or has forgotten, gets nothing.
async function known(subscription) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subscription.endpoint));
  const mark = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return box.dataset.browsers.split(" ").includes(mark);
}

function show(name) {
  for (const part of box.querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== name;
}

async function switchOn() {
  try {
    if ((await Notification.requestPermission()) !== "granted") {
      show(await state());
      return;
    }
    await send(await subscribed());
    location.assign("/account?said=added#ways");
  } catch {
    show("failed");
  }
}

// A subscription that was made for another key of the centre gets nothing any more, and bars a new one.
async function subscribed() {
  await navigator.serviceWorker.register(WORKER);
  const registration = await active();
  const old = await registration.pushManager.getSubscription();
  if (old && ours(old)) return old;
  await old?.unsubscribe();
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64(box.dataset.key) });
}

async function active() {
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  const worker = registration.installing ?? registration.waiting;
  if (registration.active || !worker) return registration;
  await new Promise((resolve) => worker.addEventListener("statechange", () => worker.state === "activated" && resolve()));
  return registration;
}

function ours(subscription) {
  const made = subscription.options?.applicationServerKey;
  if (!made) return true;
  const wanted = fromBase64(box.dataset.key);
  const bytes = new Uint8Array(made);
  return bytes.length === wanted.length && bytes.every((byte, n) => byte === wanted[n]);
}

async function send(subscription) {
  const { endpoint, keys } = subscription.toJSON();
  const answer = await fetch("/account/web-push", {
    method: "POST",
    headers: { "content-type": "application/json", "x-csrf-token": csrf, accept: "application/json" },
    body: JSON.stringify({ endpoint, keys, label: browserName() }),
  });
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
}

function browserName() {
  const brands = navigator.userAgentData?.brands ?? [];
  const brand = brands.find(({ brand }) => !/not/i.test(brand))?.brand;
  const platform = navigator.userAgentData?.platform ?? navigator.platform ?? "";
  return [brand, platform].filter(Boolean).join(", ").slice(0, 40);
}

function fromBase64(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}
