// Keeps the page as it would be if it were loaded again: listens to what changes, asks the server for the same
// page, and replaces the parts that differ. Without this script everything can still be read and done.

const root = document.documentElement;
const body = document.body;

// Pages are asked for at most this often, and not while nobody sees them.
const REFRESH_MS = 1000;
// So long without a sign of the server, and the page says so.
const SILENT_MS = 25_000;
const LOST_AFTER_MS = 1500;

root.classList.add("js");

// ------------------------------------------------------------------ parts

const parts = () => document.querySelectorAll("[data-part], #notices, .live");
const nameOf = (part) => part.dataset.part ?? part.id ?? part.className;
let written = new Map([...parts()].map((part) => [nameOf(part), part.outerHTML]));

// Details that are open, by their place in their part, and where the focus is.
const opened = (part) => [...part.querySelectorAll("details")].map((details) => details.open);
const reopen = (part, was) =>
  part.querySelectorAll("details").forEach((details, place) => {
    if (was[place]) details.open = true;
  });
const focusable = (part) => [...part.querySelectorAll("a, button, summary, input, select")];

function replace(old, fresh) {
  const was = opened(old);
  const focus = focusable(old).indexOf(document.activeElement);
  const typed = old.querySelector("input[type=text]:focus");
  // What somebody is typing is not taken from under his hands.
  if (typed && typed.value) return false;
  const selected = old.querySelector("[data-selected] a")?.getAttribute("href");
  const values = new Map(
    [...old.querySelectorAll("[data-value]")].map((one) => [one.dataset.value, one.textContent]),
  );
  old.replaceWith(fresh);
  reopen(fresh, was);
  for (const one of fresh.querySelectorAll("[data-value]")) {
    const before = values.get(one.dataset.value);
    if (before !== undefined && before !== one.textContent) one.dataset.changed = "";
  }
  if (focus >= 0) focusable(fresh)[focus]?.focus({ preventScroll: true });
  if (selected) {
    for (const row of fresh.querySelectorAll("[data-row]")) {
      if (row.querySelector("a")?.getAttribute("href") === selected) row.dataset.selected = "";
    }
  }
  return true;
}

function take(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = page.querySelector("main");
  const here = document.querySelector("main");
  if (!main || !here) return;
  const fresh = new Map([...page.querySelectorAll("[data-part], #notices, .live")].map((p) => [nameOf(p), p]));
  const shape = (from) => [...from.querySelectorAll("[data-part]")].map(nameOf).join();
  if (shape(main) !== shape(here)) {
    // From nothing to figures, or back.
    here.replaceChildren(...[...main.childNodes].map((node) => document.importNode(node, true)));
    written = new Map([...fresh].map(([name, part]) => [name, part.outerHTML]));
  }
  for (const old of parts()) {
    const name = nameOf(old);
    const part = fresh.get(name);
    if (!part || written.get(name) === part.outerHTML) continue;
    const html = part.outerHTML;
    if (replace(old, document.importNode(part, true))) written.set(name, html);
  }
  here.dataset.at = main.dataset.at ?? "";
  clockIsAt(Number(main.dataset.at));
  document.title = page.title;
}

let asked = 0;
let waiting = null;
let running = false;

async function refresh() {
  clearTimeout(waiting);
  waiting = null;
  if (running || document.hidden) return later();
  running = true;
  asked = Date.now();
  const slow = setTimeout(() => document.querySelector("main")?.setAttribute("aria-busy", "true"), 300);
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.status === 401 || answer.status === 403) return location.reload();
    if (answer.ok) {
      take(await answer.text());
      heard();
    }
  } catch {
    lose();
  } finally {
    clearTimeout(slow);
    document.querySelector("main")?.removeAttribute("aria-busy");
    running = false;
  }
}

function later() {
  waiting ??= setTimeout(refresh, Math.max(50, asked + REFRESH_MS - Date.now()));
}

// ------------------------------------------------------------- connection

let stream = null;
let lastHeard = Date.now();
let losing = null;

function heard() {
  lastHeard = Date.now();
  clearTimeout(losing);
  losing = null;
  delete root.dataset.connection;
}

function lose() {
  losing ??= setTimeout(() => (root.dataset.connection = "lost"), LOST_AFTER_MS);
}

function listen() {
  stream?.close();
  stream = new EventSource("/api/v1/stream");
  stream.onopen = () => {
    heard();
    later();
  };
  stream.onmessage = () => (heard(), later());
  for (const kind of ["changed", "alert", "acted", "freshness", "reset"]) {
    stream.addEventListener(kind, () => (heard(), later()));
  }
  stream.onerror = () => {
    lose();
    // A browser gives up where the answer is no stream; the server may be back all the same.
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
}

if ("listens" in body.dataset) {
  listen();
  // Ages and normal days change by time alone; and a connection may die without a word.
  setInterval(() => {
    if (Date.now() - lastHeard > SILENT_MS) {
      lose();
      listen();
    }
    if (Date.now() - asked > 15_000) later();
  }, 5000);
  document.addEventListener("visibilitychange", () => document.hidden || later());
}

// -------------------------------------------------------------------- ages

let offset = 0;
function clockIsAt(at) {
  if (at) offset = at - Date.now();
}
clockIsAt(Number(document.querySelector("main")?.dataset.at));

const NARROW = "\u202f";
function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [minutes, hours, days] = [60, 3600, 86_400].map((unit) => Math.floor(seconds / unit));
  if (minutes < 1) return `${seconds}${NARROW}s`;
  if (hours < 1) return `${minutes}${NARROW}min`;
  if (days < 1) return `${hours}${NARROW}h${NARROW}${String(minutes % 60).padStart(2, "0")}`;
  const day = root.lang === "fr" ? "j" : "d";
  return hours % 24 ? `${days}${NARROW}${day} ${hours % 24}${NARROW}h` : `${days}${NARROW}${day}`;
}

setInterval(() => {
  if (root.dataset.connection === "lost") return;
  const now = Date.now() + offset;
  for (const age of document.querySelectorAll("[data-since]")) {
    const text = duration(now - Number(age.dataset.since));
    if (age.textContent !== text) age.textContent = text;
  }
}, 1000);

// -------------------------------------------- moving without leaving the page

async function go(href) {
  history.pushState(null, "", href);
  await visit();
}

// The head changes, too: filters, and the links that carry them.
async function visit() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return location.reload();
  const text = await answer.text();
  const page = new DOMParser().parseFromString(text, "text/html");
  const head = page.querySelector(".head");
  const focus = document.activeElement?.getAttribute?.("name");
  if (head) document.querySelector(".head")?.replaceWith(document.importNode(head, true));
  take(text);
  ready();
  if (focus) document.querySelector(`.head [name="${CSS.escape(focus)}"]`)?.focus();
}

addEventListener("popstate", visit);

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-inside], .tabs a");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    const href = link.getAttribute("href");
    const part = link.closest("[data-part]")?.dataset.part;
    const row = [...document.querySelectorAll("[data-row] a[data-inside]")].indexOf(link);
    go(href).then(() => {
      if (row >= 0) document.querySelectorAll("[data-row] a[data-inside]")[row]?.focus();
      else document.querySelector(`[data-part="${part}"] .tabs [aria-current]`)?.focus();
    });
    return;
  }
  const inside = event.target.closest?.("details.why");
  for (const open of document.querySelectorAll("details.why[open]")) {
    if (open !== inside) open.open = false;
  }
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form.filters");
  if (!form) return;
  const pairs = [...new FormData(form)].filter(([key, value]) => value && !(key === "period" && value === "today"));
  const query = new URLSearchParams(pairs).toString();
  go(query ? `/?${query}` : "/");
});

// ------------------------------------------------------------------- acts

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-act]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  const answer = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
    headers: { accept: "text/html" },
  }).catch(() => null);
  button.disabled = false;
  if (!answer) return lose();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const notice = page.querySelector(".notice[role=status]:not(#lost)");
  say(notice?.textContent ?? "", form);
  asked = 0;
  refresh();
});

// What became of an act, beside where it was done.
function say(text, form) {
  if (!text) return;
  const told = document.createElement("p");
  told.className = "small act";
  told.role = "status";
  told.textContent = text;
  form.closest(".acts")?.append(told);
}

// --------------------------------------------------------------- keyboard

const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent);

function step(by) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.findIndex((row) => "selected" in row.dataset);
  const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
  for (const row of all) delete row.dataset.selected;
  next.dataset.selected = "";
  next.querySelector("a")?.focus();
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = document.getElementById("keys");
  if (event.key === "Escape") return close(event);
  if (event.target.closest?.("input, select, textarea") || keys?.open) return;
  if (event.key === "/") document.querySelector(".filters select")?.focus();
  else if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "?") keys?.showModal();
  else return;
  event.preventDefault();
});

// What is open is closed, the innermost first: an explanation, a row, the story.
function close(event) {
  if (document.getElementById("keys")?.open) return;
  const why = document.querySelector("details.why[open]");
  if (why) {
    why.open = false;
    why.querySelector("summary")?.focus();
  } else if (event.target.closest?.("input, select")) {
    event.target.blur();
  } else if (document.querySelector("a[data-inside][aria-expanded=true]")) {
    document.querySelector("a[data-inside][aria-expanded=true]").click();
  } else {
    document.querySelector("a[data-back]")?.click();
  }
}

function ready() {
  const button = document.getElementById("keys-open");
  if (!button) return;
  button.hidden = false;
  button.onclick = () => document.getElementById("keys")?.showModal();
}
ready();
