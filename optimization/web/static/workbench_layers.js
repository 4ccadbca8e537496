// What the map paints: one layer at a time, its colours and its legend with the places counted. Figures come with the
// answer of POST /api/apply.
import { inHand, selectedLines } from "./workbench_bodies.js";
import { atlas, draw, linesWhere, see, seen } from "./workbench_map.js";

export const MOST_PINS = 20;
export const look = lookedFrom(stateInAddress(arrived).look || {});
export let places = null;
export let layers = {};

// colours that people tell apart who see red and green alike (ColorBrewer PuOr and YlGnBu, Okabe and Ito)
const LOSS = ["#7f3b08", "#b35806", "#e08214", "#fdb863"], GAIN = ["#c7d8ec", "#8fb4d9", "#4a86c0", "#1f4e8c"], STILL_COLOUR = "#f2f0eb";
const DEEP = ["#edf3d8", "#a9d8b8", "#52b5bd", "#2c7fb8", "#253494"], NONE = "#dcdfe3";
const OF_TIER = { municipality: "#e8dcc0", body: "#e69f00", prefecture: "#56b4e9", bloc: "#009e73", nation: "#5b4a9c" };
const OF_BODY = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#cc79a7", "#8da0cb", "#d55e00", "#a6d854"];
const STEPS = [100, 1000, 5000, 20000], MINUTES = [15, 30, 45, 60], RATIOS = [0.09, 0.18, 0.25, 0.35];

function stateInAddress(text) {
  try {
    const found = JSON.parse(decodeURIComponent(text));
    return found && typeof found === "object" ? found : {};
  } catch {
    return {};
  }
}

function lookedFrom({ layer, service, when, town, pins, view }) {
  const codes = (Array.isArray(pins) ? pins : []).filter((code) => Object.hasOwn(data.places, code)).slice(0, MOST_PINS);
  const known = (value) => (typeof value === "string" ? value : "");
  return { layer: known(layer) || "change", service: known(service), when: when === "today" ? "today" : "now", town: known(town), pins: codes, view: view || null };
}

export const wideServices = () => data.services.filter((each) => each.wide);
const stepOf = (value, steps) => steps.findIndex((step) => value < step);
const classOf = (value, steps) => (stepOf(value, steps) < 0 ? steps.length : stepOf(value, steps));

// tier of a service at a place, by the rule groups of the package, whatever these are
function tierAt(i, service, when) {
  const { class: kind, prefecture } = atlas.of.groups, code = atlas.of.codes[i];
  for (const group of [kind[i], prefecture[i], `${prefecture[i]}_${kind[i]}`, code, "all"]) {
    const role = roles[`${service}@${group}`];
    if (role) return role[when === "today" ? "today" : "now"];
  }
  return "";
}

// bodies of a service: lists of numbers of places
export function bodiesOf(service, when) {
  if (when === "today") return atlas.of.today[service] || [];
  if (!layers.bodies) return [];
  return layers.bodies.member_codes.filter((_, n) => layers.bodies.services[n].split("|").includes(service))
    .map((codes) => codes.split("|").map((code) => atlas.number.get(code)));
}

function numbered(bodies) {
  const of = new Int32Array(atlas.of.codes.length).fill(-1);
  bodies.forEach((members, n) => members.forEach((i) => (of[i] = n)));
  return of;
}

// colours of bodies, none that of a neighbour as long as there are enough
function coloured(bodies, of) {
  const colour = [];
  bodies.forEach((members, n) => {
    const taken = new Set(members.flatMap((i) => [...atlas.beside[i]].map((j) => colour[of[j]])));
    const free = OF_BODY.findIndex((_, c) => !taken.has(c));
    colour[n] = free < 0 ? n % OF_BODY.length : free;
  });
  return colour;
}

// ---- the layers: { of: class of every place, keys: [[class, colour, words]], told: words for one place }

const unitYen = (value) => say("map_yen_each", { value: number(value) });
const between = (low, high, key) => (high === undefined ? say(`${key}_from`, { low }) : say(`${key}_to`, { low, high }));

const LAYERS = {
  change() {
    const change = places.change_yen_per_resident;
    const of = change.map((value) => (Math.abs(value) <= STEPS[0] ? 0 : Math.sign(value) * classOf(Math.abs(value), STEPS.slice(1)) + Math.sign(value)));
    const range = (n) => between(plain(STEPS[n - 1]), STEPS[n] && plain(STEPS[n]), "map_yen");
    const keys = [4, 3, 2, 1].map((n) => [-n, LOSS[4 - n], say("map_loses", { range: range(n) })]);
    keys.push([0, STILL_COLOUR, say("map_still", { most: STEPS[0] })]);
    for (const n of [1, 2, 3, 4]) keys.push([n, GAIN[n - 1], say("map_gains", { range: range(n) })]);
    return { of, keys, told: (i) => unitYen(change[i]) };
  },
  tier() {
    const body = numbered(bodiesOf(look.service, look.when));
    const of = atlas.of.codes.map((_, i) => {
      const tier = tierAt(i, look.service, look.when);
      return tier === "municipality" && body[i] >= 0 ? "body" : tier;
    });
    const name = (tier) => (tier === "body" ? say("map_in_body") : tier ? data.tiers_in_full[tier] : say("map_nobody"));
    const keys = Object.entries(OF_TIER).filter(([tier]) => of.includes(tier)).map(([tier, colour]) => [tier, colour, name(tier)]);
    if (of.includes("")) keys.push(["", NONE, say("map_nobody")]);
    return { of, keys, told: (i) => `${labelOf(look.service)}: ${name(of[i])}` };
  },
  bodies() {
    const bodies = bodiesOf(look.service, look.when), number = numbered(bodies), colour = coloured(bodies, number);
    const of = [...number].map((n) => (n < 0 ? -1 : colour[n]));
    const people = bodies.flat().reduce((sum, i) => sum + atlas.of.people[i], 0);
    const keys = [[null, "", say("map_bodies_in_all", { count: plain(bodies.length), places: plain(bodies.flat().length), people: plain(people) })], [-1, NONE, say("map_alone")]];
    return {
      of, keys, colour: (i) => (of[i] < 0 ? NONE : OF_BODY[of[i]]),
      lines: [[linesWhere((i, j) => j >= 0 && number[i] !== number[j]), "#1b1f24", 1.4]],
      told: (i) => (number[i] < 0 ? say("map_alone") : say("map_with", { names: bodies[number[i]].filter((j) => j !== i).map((j) => atlas.of.names[j]).join(say("map_comma")) })),
    };
  },
  debts() {
    const ratio = layers.debts[`ratio_${look.when}`], stage = layers.debts[`stage_${look.when}`];
    const of = ratio.map((value) => classOf(value, RATIOS)), percent = (value) => plain(Math.round(value * 1000) / 10);
    const keys = DEEP.map((colour, n) => [n, colour, n ? between(percent(RATIOS[n - 1]), RATIOS[n] && percent(RATIOS[n]), "map_percent") : say("map_percent_below", { high: percent(RATIOS[0]) })]);
    return { of, keys, told: (i) => `${say("map_debt_ratio")} ${percent(ratio[i])}%, ${say(`map_stage_${stage[i]}`)}` };
  },
  travel() {
    const minutes = layers[`travel:${look.service}`][look.when];
    const of = minutes.map((value) => (value === null ? -1 : classOf(value, MINUTES)));
    const keys = DEEP.map((colour, n) => [n, colour, n ? between(MINUTES[n - 1], MINUTES[n], "map_minutes") : say("map_minutes_below", { high: MINUTES[0] })]);
    if (of.includes(-1)) keys.push([-1, NONE, say("map_nobody")]);
    return { of, keys, told: (i) => (minutes[i] === null ? say("map_nobody") : say("map_minutes", { minutes: plain(minutes[i]) })) };
  },
};

export const labelOf = (service) => (data.services.find((each) => each.id === service) || { label: service }).label;

export function shownLayer() {
  if (!atlas.of || !places) return;
  const needed = { debts: "debts", travel: `travel:${look.service}` }[look.layer];
  if (needed && !layers[needed]) return; // the answer that holds it is on its way
  const layer = LAYERS[look.layer]();
  const colour = new Map(layer.keys.map(([key, colour]) => [key, colour]));
  atlas.colour = layer.colour || ((i) => colour.get(layer.of[i]) || NONE);
  atlas.told = layer.told;
  const own = selectedLines();
  atlas.lines = [...(layer.lines || []), ...own];
  legend(layer, own);
  draw();
}

function legend(layer, lines) {
  const count = new Map();
  for (const key of layer.of) count.set(key, (count.get(key) || 0) + 1);
  const items = layer.keys.map(([key, colour, text]) => {
    const item = make("li"), swatch = make("span", undefined, { class: "swatch", "aria-hidden": "true" });
    swatch.style.background = colour || "none";
    if (!colour) swatch.hidden = true;
    item.append(swatch, make("span", text));
    if (key !== null) item.append(make("span", plain(count.get(key) || 0), { class: "count" }));
    return item;
  });
  for (const [, colour, , text] of lines) {
    const item = make("li"), swatch = make("span", undefined, { class: "swatch", "aria-hidden": "true" });
    swatch.style.border = `3px solid ${colour}`;
    item.append(swatch, make("span", text));
    items.push(item);
  }
  document.getElementById("map-legend").replaceChildren(...items);
}

// ---- choosing

// what there is, in place of what an address says and there is not
function chosen() {
  if (!data.services.some((each) => each.id === look.service)) look.service = (wideServices()[0] || data.services[0]).id;
  if (!Object.hasOwn(LAYERS, look.layer)) look.layer = "change";
}

function buildChoices() {
  const service = document.getElementById("map-service");
  for (const each of data.services) service.append(make("option", each.label, { value: each.id }));
  chosen();
  for (const name of ["layer", "service", "when"]) {
    const field = document.getElementById(`map-${name}`);
    field.value = look[name];
    field.addEventListener("change", () => {
      look[name] = field.value;
      if (name === "service") inHand(look.service);
      looked();
    });
  }
}

function showChoices() {
  for (const name of ["layer", "service", "when"]) document.getElementById(`map-${name}`).value = look[name];
  document.getElementById("map-of-service").hidden = !["tier", "bodies", "travel"].includes(look.layer);
  document.getElementById("map-of-when").hidden = look.layer === "change";
  shownLayer();
}

function looked() {
  showChoices();
  inAddress();
  const needed = { debts: "debts", travel: `travel:${look.service}` }[look.layer];
  if (needed && !layers[needed] && places) count();
}

// what is looked at stands in the address a moment after the hand has stopped
atlas.moved = () => {
  clearTimeout(atlas.moved.timer);
  atlas.moved.timer = setTimeout(() => {
    look.view = seen();
    inAddress();
  }, 400);
};
hooks.arrived.push((text) => {
  if (!atlas.of) return;
  Object.assign(look, lookedFrom(stateInAddress(text).look || {}));
  chosen();
  see(look.view);
  showChoices();
});
hooks.state.push(() => (look.layer === "change" && !look.town && !look.pins.length && !look.view ? {} : { look }));
hooks.question.push((question) => {
  question.places = ["code", "change_yen_per_resident", "leeway_today_yen_per_resident", "leeway_yen_per_resident"];
  question.layers = ["bodies", "league"];
  if (look.layer === "debts") question.layers.push("debts");
  if (look.layer === "travel") question.layers.push(`travel:${look.service}`);
});
hooks.told.push((found) => {
  places = found.places;
  layers = found.layers || {}; // an answer to a question of before the map was there has none
  shownLayer();
});
atlas.opened.push(() => {
  buildChoices();
  see(look.view);
  looked();
});
