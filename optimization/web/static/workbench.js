"use strict";
// The workbench: a draft of tiers and settings, counted by POST /api/apply after every change. The draft stands behind
// the '#' of the address; undo and redo walk through former drafts. All text goes through textContent.
const data = JSON.parse(document.getElementById("bench-data").textContent);
const words = data.words;
// bodies null: those of the package; each { services, members, locked }, one member alone provides by itself
const empty = () => ({ tiers: {}, settings: {}, assumptions: {}, locked: [], bodies: null, file: {} });
const isRecord = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
// what other files of the page do when the draft is shown and when an answer came, and what they add to a question and
// to the state in the address, to a figure of the result; what they take from another address in the same window
const hooks = { shown: [], told: [], question: [], state: [], figure: [], arrived: [] };
const FIX_BODIES = "wide_area.fix";
// what the address said when the page was opened: other files read their part of it later
const arrived = location.hash.slice(1);
let pinnedAtStart = null; // what the address says is pinned (workbench_pin.js)
let draft = fromAddress();
let past = [], future = [], roles = {}, asked = null;

function fromAddress() {
  try {
    const found = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    pinnedAtStart = found.pinned;
    return draftFrom(found);
  } catch {
    return empty();
  }
}

// A draft from what an address, a file or a run says: what is not of its form is left out, what cannot be asked the
// server refuses. Bodies may stand in it as the setting writes them.
function draftFrom(found) {
  const draft = empty();
  for (const [key, tier] of Object.entries(found.tiers || {}))
    if ((data.open[key] || []).includes(tier)) draft.tiers[key] = tier;
  for (const [key, value] of Object.entries(found.settings || {}))
    if (key !== FIX_BODIES && /^[a-z_]{1,40}\.[a-z_0-9]{1,60}$/.test(key)) draft.settings[key] = value;
  for (const [key, value] of Object.entries(found.assumptions || {}))
    if (typeof value === "number") draft.assumptions[key] = value;
  const locks = (Array.isArray(found.locked) ? found.locked : []).map(String);
  draft.locked = locks.filter((key) => key in data.open);
  const texts = isRecord(found.settings) && Array.isArray(found.settings[FIX_BODIES]) ? found.settings[FIX_BODIES].map(String) : null;
  const bodies = Array.isArray(found.bodies) ? found.bodies : texts && bodiesOfSetting(texts).map((each, n) => ({ ...each, locked: locks.includes(texts[n]) }));
  if (bodies) draft.bodies = bodies.map(bodyFrom).filter(Boolean);
  if (isRecord(found.file)) draft.file = found.file;
  return draft;
}

// ---- bodies: as the draft holds them, and as the setting writes them

function bodyFrom(found) {
  const wide = new Set(data.services.filter((each) => each.wide).map((each) => each.id));
  const services = (Array.isArray(found.services) ? found.services : []).filter((each) => wide.has(each));
  const members = (Array.isArray(found.members) ? found.members : []).filter((code) => Object.hasOwn(data.places, code));
  return services.length && members.length ? { services, members, ...(found.locked ? { locked: true } : {}) } : null;
}

const bodiesAsSetting = (bodies) => bodies.map((each) => `${each.services.join("|")}:${each.members.join("|")}`);
const bodiesOfSetting = (texts) => texts.map((text) => {
  const [services, members] = text.split(":").map((part) => part.split("|").map((each) => each.trim()));
  return { services, members };
});
const packageBodies = bodiesOfSetting(data.fixed);
const bodiesNow = () => draft.bodies || packageBodies;
// the settings of a draft as a package writes them
const settingsOf = (of) => (of.bodies ? { ...of.settings, [FIX_BODIES]: bodiesAsSetting(of.bodies) } : of.settings);

function make(name, text, attributes = {}) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

const number = (value, digits = 0) =>
  new Intl.NumberFormat(data.language, { maximumFractionDigits: digits, signDisplay: "exceptZero" }).format(value);
const plain = (value) => new Intl.NumberFormat(data.language).format(value);
const say = (key, values = {}) => data.says[key].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
const money = (million) =>
  data.language === "ja" ? `${number(million / 100, 1)}億円` : `${number(million / 1000, 3)} billion yen`;

// ---- changes

function change(edit) {
  past.push(JSON.stringify(draft));
  if (past.length > 500) past.shift();
  future = [];
  edit(draft);
  shown();
}

function walk(from, to) {
  if (!from.length) return;
  to.push(JSON.stringify(draft));
  draft = JSON.parse(from.pop());
  shown();
}

function shown() {
  inAddress();
  document.getElementById("undo").disabled = !past.length;
  document.getElementById("redo").disabled = !future.length;
  cells();
  fields();
  for (const each of hooks.shown) each();
  clearTimeout(shown.timer);
  shown.timer = setTimeout(count, 60);
}

// the draft, and what else makes up what one sees, behind the '#' of the address
function inAddress() {
  const text = JSON.stringify(Object.assign({}, draft, ...hooks.state.map((each) => each())));
  history.replaceState(null, "", text === JSON.stringify(empty()) ? location.pathname + location.search : `#${encodeURIComponent(text)}`);
}

// ---- counting

function question(of = draft) {
  const settings = { ...settingsOf(of) };
  if (data.groups_of_own && Object.keys(of.tiers).length) settings["rules.groups"] ??= "by_class";
  const locked = [...of.locked, ...bodiesAsSetting((of.bodies || []).filter((each) => each.locked))];
  const { tiers, assumptions } = of;
  return { case: data.case, package: data.package, prefectures: data.prefectures, tiers, settings, assumptions, locked };
}

const post = (address, body, signal) =>
  fetch(address, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal });

async function count() {
  if (asked) asked.abort();
  asked = new AbortController();
  const strip = document.getElementById("strip");
  strip.classList.add("busy");
  const columns = ["code", "change_yen_per_resident"];
  const asking = { ...question(), places: columns };
  for (const each of hooks.question) each(asking);
  try {
    const answer = await post("/api/apply", asking, asked.signal);
    const found = await answer.json();
    if (answer.ok) tell(found);
    else strip.replaceChildren(...found.faults.map((each) => make("p", `${each.place} ${each.message}. ${each.remedy}`)));
  } catch (error) {
    if (error.name === "AbortError") return;
    strip.replaceChildren(make("p", words.failed));
  }
  strip.classList.remove("busy");
}

// What a draft comes to: label, amount, and how the amount is written.
function figuresOf(found) {
  const balance = {};
  found.sectors.sector.forEach((name, n) => {
    balance[name] = found.sectors.balance_package_million_yen[n] - found.sectors.balance_today_million_yen[n];
  });
  const { summary } = found;
  const breaches = found.limits.reduce((sum, each) => sum + each.places, 0);
  return [
    [words.saving, found.cost.saving_million_yen, money],
    [words.nation, balance.nation, money],
    [words.prefectures, balance.prefectures, money],
    [words.municipalities, balance.municipalities, money],
    [words.losing, summary.people_losing, (people) => `${plain(people)} ${words.people}`, `${plain(summary.places_losing)} ${words.places}${words.comma}`],
    [words.crossing, found.debts.crossing.government.length, plain],
    [words.breaches, breaches, (count) => (count ? plain(count) : words.none)],
  ];
}

function tell(found) {
  roles = {};
  found.roles.service.forEach((service, n) => {
    roles[`${service}@${found.roles.rule_group[n]}`] = { now: found.roles.tier[n], today: found.roles.tier_today[n] };
  });
  const list = make("dl");
  figuresOf(found).forEach(([label, amount, said, before = ""], n) => {
    const value = make("dd", `${before}${said(amount)}`);
    for (const each of hooks.figure) each(value, n, amount, said);
    list.append(make("dt", label), value);
  });
  document.getElementById("strip").replaceChildren(list);
  document.getElementById("broken").replaceChildren(
    ...(found.limits.length ? found.limits : [null]).map((each) => {
      if (!each) return make("li", words.none);
      const name = data.language === "ja" && each.label_ja ? each.label_ja : each.setting || each.rule;
      const amount = each.all_yen === null ? "" : `, ${money(each.all_yen / 1e6)} ${words.in_all}`;
      return make("li", `${name} (${each.rule}): ${plain(each.places)} ${words.places}${amount}`);
    }),
  );
  cells();
  for (const each of hooks.told) each(found);
}

// ---- the matrix

function build() {
  const table = document.getElementById("matrix");
  const head = make("tr");
  head.append(make("td"));
  for (const group of data.groups) head.append(turner("col", group.label, (key) => key.endsWith(`@${group.id}`)));
  const body = make("tbody");
  for (const service of data.services) {
    const keys = data.groups.map((group) => `${service.id}@${group.id}`);
    if (!keys.some((key) => (data.open[key] || []).length > 1)) continue;
    const row = make("tr");
    row.append(turner("row", service.label, (key) => key.startsWith(`${service.id}@`)));
    data.groups.forEach((group, n) => {
      const cell = make("td");
      if (keys[n] in data.open) {
        const button = make("button", "", { type: "button", class: "cell", "data-key": keys[n], "data-label": `${service.label}, ${group.label}` });
        button.disabled = data.open[keys[n]].length < 2;
        cell.append(button);
      }
      row.append(cell);
    });
    body.append(row);
  }
  const top = make("thead");
  top.append(head);
  table.replaceChildren(top, body);
  table.addEventListener("click", (event) => turn(event.target.closest(".cell"), 1));
  table.addEventListener("keydown", keyed);
  table.addEventListener("focusin", (event) => rove(event.target.closest("button")));
  for (const button of table.querySelectorAll("button")) button.tabIndex = -1;
  rove(table.querySelector("tbody button:not(:disabled)"));
}

// The tab key stops at the matrix once; within it the arrow keys lead on.
function rove(to) {
  if (!to) return;
  for (const button of document.querySelectorAll('#matrix button[tabindex="0"]')) button.tabIndex = -1;
  to.tabIndex = 0;
}

function neighbour(button, right, down) {
  const table = document.getElementById("matrix");
  let x = button.closest("td, th").cellIndex, y = button.closest("tr").rowIndex;
  for (;;) {
    x += right;
    y += down;
    const place = table.rows[y] && table.rows[y].cells[x];
    if (!place) return null;
    const found = place.querySelector("button:not(:disabled)");
    if (found) return found;
  }
}

// The head of a row or a column turns all its cells that are open and not locked to the next tier.
function turner(scope, label, holds) {
  const head = make("th", undefined, { scope });
  const button = make("button", label, { type: "button", class: "turner", title: words.turn_all });
  button.addEventListener("click", () => {
    const keys = Object.keys(data.open).filter((key) => holds(key) && data.open[key].length > 1 && !draft.locked.includes(key));
    const order = Object.keys(data.tiers).filter((tier) => keys.some((key) => data.open[key].includes(tier)));
    if (!keys.length) return;
    const common = keys.every((key) => tierOf(key) === tierOf(keys[0])) ? order.indexOf(tierOf(keys[0])) : -1;
    const next = order[(common + 1) % order.length];
    change((draft) => { for (const key of keys) if (data.open[key].includes(next)) draft.tiers[key] = next; });
  });
  head.append(button);
  return head;
}

const tierOf = (key) => draft.tiers[key] || (roles[key] && roles[key].now) || data.open[key][0];

function turn(button, step) {
  if (!button || button.disabled || draft.locked.includes(button.dataset.key)) return;
  const key = button.dataset.key;
  const open = data.open[key];
  const next = open[(open.indexOf(tierOf(key)) + step + open.length) % open.length];
  change((draft) => { draft.tiers[key] = next; });
}

const MOVES = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

function keyed(event) {
  const button = event.target.closest("button"), cell = event.target.closest(".cell");
  if (!button) return;
  if (event.key in MOVES) (neighbour(button, ...MOVES[event.key]) || button).focus();
  else if (cell && (event.key === "l" || event.key === "L")) lock(cell.dataset.key);
  else if (cell && (event.key === "+" || event.key === "-")) turn(cell, event.key === "+" ? 1 : -1);
  else return;
  event.preventDefault();
}

function lock(key) {
  change((draft) => {
    draft.locked = draft.locked.includes(key) ? draft.locked.filter((each) => each !== key) : [...draft.locked, key];
    draft.tiers[key] ??= tierOf(key); // what is locked is said, so that it can be kept
  });
}

function cells() {
  for (const button of document.querySelectorAll(".cell")) {
    const key = button.dataset.key, tier = tierOf(key), locked = draft.locked.includes(key);
    button.textContent = data.tiers[tier] + (locked ? " 🔒" : "");
    button.setAttribute("aria-label", `${button.dataset.label}: ${data.tiers[tier]}${locked ? `, ${words.locked}` : ""}`);
    button.classList.toggle("moved", Boolean(roles[key]) && tier !== roles[key].today);
  }
}

// ---- sliders and switches

function buildFields() {
  const place = document.getElementById("sliders");
  for (const each of data.sliders) {
    const box = make("div", undefined, { class: "slide" });
    const id = `s-${each.key.replaceAll(".", "-")}`;
    const range = make("input", undefined, { type: "range", min: each.low, max: each.high, step: each.step, id, "data-key": each.key });
    const field = make("input", undefined, { type: "number", min: each.low, max: each.most, step: "any", "aria-label": each.label, "data-key": each.key });
    box.append(make("label", `${each.label} (${each.unit})`, { for: id }), range, field);
    if (each.off) {
      const label = make("label", words.off);
      label.prepend(make("input", undefined, { type: "checkbox", "data-off": each.key }));
      box.append(label);
    }
    box.append(make("p", each.source, { class: "note" }));
    place.append(box);
    const set = (text) => {
      const value = Number(text);
      if (text === "" || !Number.isFinite(value)) return;
      const real = each.left ? Math.round((1 - value) * 1e9) / 1e9 : value;
      change((draft) => { draft.settings[each.key] = each.range ? [real, real] : real; });
    };
    range.addEventListener("change", () => set(range.value));
    field.addEventListener("change", () => set(field.value));
    const off = box.querySelector("[data-off]");
    if (off) off.addEventListener("change", () => change((draft) => {
      draft.settings[each.key] = off.checked ? "off" : each.value === null ? Math.min(1, each.high) : each.value;
    }));
  }
  for (const each of data.switches) {
    const label = make("label", each.label);
    const box = make("input", undefined, { type: "checkbox", "data-switch": each.key });
    label.prepend(box);
    document.getElementById("switches").append(label);
    box.addEventListener("change", () => change((draft) => { draft.settings[each.key] = box.checked; }));
  }
}

function fields() {
  for (const each of data.sliders) {
    const own = draft.settings[each.key];
    let value = own === undefined ? each.value : own === "off" ? null : Array.isArray(own) ? own[0] : own;
    if (own !== undefined && value !== null && each.left) value = Math.round((1 - value) * 1e9) / 1e9;
    for (const input of document.querySelectorAll(`input[data-key="${each.key}"]`)) {
      input.disabled = value === null && input.type === "range";
      if (value !== null) input.value = value;
      else if (input.type === "number") input.value = ""; // what is typed here switches the limit on
    }
    const off = document.querySelector(`[data-off="${each.key}"]`);
    if (off) off.checked = value === null;
  }
  for (const each of data.switches)
    document.querySelector(`[data-switch="${each.key}"]`).checked = draft.settings[each.key] ?? each.value;
}

// ---- former drafts

document.getElementById("undo").addEventListener("click", () => walk(past, future));
document.getElementById("redo").addEventListener("click", () => walk(future, past));
document.getElementById("reset").addEventListener("click", () => change((draft) => {
  const kept = Object.fromEntries(Object.entries(draft.tiers).filter(([key]) => draft.locked.includes(key)));
  draft.tiers = kept;
  draft.settings = {};
  draft.assumptions = {};
  draft.file = {};
  draft.bodies = draft.bodies && draft.bodies.some((each) => each.locked) ? draft.bodies.filter((each) => each.locked) : null;
}));
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.target.matches("input, textarea")) return;
  if (event.key === "z" && !event.shiftKey) walk(past, future);
  else if (event.key === "y" || (event.key === "z" && event.shiftKey)) walk(future, past);
  else return;
  event.preventDefault();
});

// a link within the page leads to its place and leaves the draft in the address; another draft there is taken up
window.addEventListener("hashchange", () => {
  if (!/^#(%7B|\{)/i.test(location.hash)) return inAddress();
  for (const each of hooks.arrived) each(location.hash.slice(1));
  change(() => { draft = fromAddress(); });
});

build();
buildFields();
shown();
