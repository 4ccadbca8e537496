// Bodies of the draft: painted on the map, split, merged, locked. A body is { services, members, locked }; one member
// alone provides by itself; who stands in none is as in the package or as today. Every change is one step to undo.
import { bodiesOf, labelOf, layers, look, shownLayer, wideServices } from "./workbench_layers.js";
import { atlas, box, linesWhere, point } from "./workbench_map.js";
import { openTown } from "./workbench_town.js";

const brush = { mode: "look", chosen: -1, services: [], dragged: null };
const MOST_LISTED = 40;

const said = (text) => { document.getElementById("map-said").textContent = text; };
export const nameOf = (code) => atlas.of.names[atlas.number.get(code)];
const peopleOf = (members) => members.reduce((sum, code) => sum + atlas.of.people[atlas.number.get(code)], 0);
const bodyTitle = (each) => each.members.length === 1
  ? say("map_body_alone", { name: nameOf(each.members[0]) })
  : say("map_body", { name: nameOf(each.members.reduce((a, b) => (atlas.of.people[atlas.number.get(b)] > atlas.of.people[atlas.number.get(a)] ? b : a))), count: each.members.length });
const shares = (a, b) => a.some((each) => b.includes(each));
const chosenBody = () => bodiesNow()[brush.chosen];

// the bodies without some towns in some services; null where a locked body would lose one
function without(bodies, services, codes, but) {
  const found = [];
  for (const each of bodies) {
    if (each === but || !shares(each.services, services) || !shares(each.members, codes)) {
      found.push(each);
      continue;
    }
    if (each.locked) return null;
    const rest = each.services.filter((service) => !services.includes(service));
    if (rest.length) found.push({ services: rest, members: each.members });
    const members = each.members.filter((code) => !codes.includes(code));
    if (members.length) found.push({ services: each.services.filter((service) => services.includes(service)), members });
  }
  return found;
}

// a body with these members in the draft, taken out of all others; its place in the list, or -1 where a lock forbids
function put(body, old) {
  if (old && old.locked) return refuse();
  const bodies = bodiesNow();
  const left = without(old ? bodies.filter((each) => each !== old) : bodies, body.services, body.members, old);
  if (!left) return refuse();
  const list = body.members.length ? [...left, body] : left;
  change((draft) => { draft.bodies = list; });
  brush.chosen = body.members.length ? list.length - 1 : -1;
  listed();
  shownLayer();
  return brush.chosen;
}

function refuse() {
  said(say("map_is_locked"));
  return -1;
}

// ---- the body of a town: of the draft, or as it is counted

function servicesNow() {
  return brush.services.length ? brush.services : [wideServices()[0].id];
}

function draftBodyAt(i) {
  const code = atlas.of.codes[i], service = servicesNow()[0];
  return bodiesNow().findIndex((each) => each.members.includes(code) && each.services.includes(service));
}

function countedBodyAt(i) {
  const found = bodiesOf(servicesNow()[0], "now").find((members) => members.includes(i));
  return found ? found.map((j) => atlas.of.codes[j]) : [atlas.of.codes[i]];
}

// the number of the draft's body of a town; one that is only counted is taken into the draft
function taken(i) {
  const known = draftBodyAt(i);
  return known >= 0 ? known : put({ services: [...servicesNow()], members: countedBodyAt(i) });
}

function painted(i) {
  const code = atlas.of.codes[i], old = chosenBody();
  if (!old) return put({ services: [...servicesNow()], members: [code] });
  const members = old.members.includes(code) ? old.members.filter((each) => each !== code) : [...old.members, code];
  return put({ ...old, members }, old);
}

function locked(i) {
  const n = taken(i);
  if (n >= 0) lockBody(n);
}

function lockBody(n) {
  change((draft) => {
    draft.bodies = bodiesNow().map((each, m) => {
      if (m !== n) return each;
      const { locked: before, ...rest } = each;
      return before ? rest : { ...rest, locked: true };
    });
  });
  brush.chosen = n;
  listed();
  shownLayer();
  said(say(chosenBody().locked ? "map_now_locked" : "map_now_free", { body: bodyTitle(chosenBody()) }));
}

// a town leaves its body and provides by itself
function alone(i) {
  put({ services: [...servicesNow()], members: [atlas.of.codes[i]] });
  said(say("map_body_alone", { name: atlas.of.names[i] }));
}

// the whole body of a town joins the chosen one
function merged(i) {
  const old = chosenBody();
  if (!old) return said(say("map_choose_first"));
  const other = draftBodyAt(i), more = other >= 0 ? bodiesNow()[other].members : countedBodyAt(i);
  if (other >= 0 && bodiesNow()[other].locked && other !== brush.chosen) return refuse();
  return put({ ...old, members: [...new Set([...old.members, ...more])] }, old);
}

function split(codes) {
  const old = chosenBody();
  const rest = old.members.filter((code) => !codes.includes(code));
  if (!codes.length || !rest.length) return said(say("map_tick_some"));
  if (old.locked) return refuse();
  const list = [...bodiesNow().filter((each) => each !== old), { services: old.services, members: rest }, { services: old.services, members: codes }];
  change((draft) => { draft.bodies = list; });
  brush.chosen = list.length - 1;
  listed();
  shownLayer();
}

function removed() {
  const old = chosenBody();
  if (old.locked) return refuse();
  change((draft) => { draft.bodies = bodiesNow().filter((each) => each !== old); });
  brush.chosen = -1;
  listed();
  shownLayer();
}

// ---- whole sets: today's, medical areas, what is counted now

function loaded(kind) {
  const services = servicesNow(), found = [];
  const sets = { today: (s) => atlas.of.today[s] || [], medical: () => atlas.of.medical, plan: (s) => bodiesOf(s, "now") }[kind];
  for (const service of services)
    for (const members of sets(service)) found.push({ services: [service], members: members.map((i) => atlas.of.codes[i]) });
  const kept = bodiesNow().flatMap((each) => {
    const rest = each.locked ? each.services : each.services.filter((service) => !services.includes(service));
    return rest.length ? [{ ...each, services: rest }] : [];
  });
  const fixed = kept.filter((each) => each.locked);
  const free = found.map((each) => ({
    ...each, members: each.members.filter((code) => !fixed.some((other) => shares(other.services, each.services) && other.members.includes(code))),
  })).filter((each) => each.members.length > 1);
  const byMembers = new Map();
  for (const each of free) {
    const key = each.members.join("|");
    if (byMembers.has(key)) byMembers.get(key).services.push(...each.services);
    else byMembers.set(key, each);
  }
  change((draft) => { draft.bodies = [...kept, ...byMembers.values()]; });
  brush.chosen = -1;
  listed();
  shownLayer();
  said(say("map_loaded", { count: plain(byMembers.size) }));
}

// ---- the list beside the map

function listed() {
  if (!atlas.of) return;
  const bodies = bodiesNow(), list = document.getElementById("body-list"), here = document.activeElement;
  const focused = here && list.contains(here) ? here.dataset.body : null;
  if (brush.chosen >= bodies.length) brush.chosen = -1;
  const order = bodies.map((_, n) => n).sort((a, b) => (b === brush.chosen) - (a === brush.chosen) || Boolean(bodies[b].locked) - Boolean(bodies[a].locked) || b - a);
  const items = order.slice(0, MOST_LISTED).map((n) => {
    const each = bodies[n], item = make("li");
    const button = make("button", `${bodyTitle(each)}${each.locked ? say("map_fixed") : ""}`, { type: "button", class: "plain", "data-body": n, "aria-pressed": n === brush.chosen });
    button.addEventListener("click", () => { choose(n); });
    item.append(button, make("span", `${each.services.map(labelOf).join(say("map_comma"))}${say("map_colon")}${plain(peopleOf(each.members))} ${words.people}`, { class: "note" }));
    return item;
  });
  list.replaceChildren(...items);
  const more = document.getElementById("body-more");
  more.hidden = order.length <= MOST_LISTED;
  more.textContent = say("map_more", { count: plain(Math.max(0, order.length - MOST_LISTED)) });
  document.getElementById("body-none").hidden = bodies.length > 0;
  if (focused !== null) (list.querySelector(`[data-body="${focused}"]`) || list.querySelector("button") || document.getElementById("body-new")).focus();
  details();
}

function choose(n) {
  brush.chosen = brush.chosen === n ? -1 : n;
  listed();
  shownLayer();
  if (chosenBody()) point(atlas.number.get(chosenBody().members[0]));
}

function details() {
  const part = document.getElementById("body-chosen"), each = chosenBody();
  part.hidden = !each;
  if (!each) return;
  document.getElementById("body-title").textContent = bodyTitle(each);
  document.getElementById("body-lock").textContent = say(each.locked ? "map_unlock" : "map_lock");
  const items = each.members.map((code) => {
    const item = make("li"), label = make("label", nameOf(code));
    label.prepend(make("input", undefined, { type: "checkbox", value: code }));
    item.append(label);
    return item;
  });
  document.getElementById("body-members").replaceChildren(...items);
  counted();
}

// who of the chosen body is not counted with it: where another tier answers, or nobody has the service, none is
function counted() {
  const each = chosenBody(), note = document.getElementById("body-counted");
  const rows = each && layers.bodies && each.members.length > 1 ? each.services.flatMap((service) => {
    const body = bodiesOf(service, "now").map((some) => some.map((i) => atlas.of.codes[i])).find((some) => shares(some, each.members)) || [];
    const missing = each.members.filter((code) => !body.includes(code));
    return missing.length ? [say("map_not_counted", { service: labelOf(service), names: missing.map(nameOf).join(say("map_comma")) })] : [];
  }) : [];
  note.hidden = !rows.length;
  note.replaceChildren(...rows.map((text) => make("p", text)));
}

const ticked = () => [...document.querySelectorAll("#body-members input:checked")].map((each) => each.value);

// outlines of the draft's bodies of the service in hand: free, locked, chosen
export function selectedLines() {
  const service = look.layer === "change" || look.layer === "debts" || !isWide(look.service) ? servicesNow()[0] : look.service;
  const bodies = bodiesNow(), none = () => new Int32Array(atlas.of.codes.length).fill(-1), [free, fixed, chosen] = [none(), none(), none()];
  bodies.forEach((each, n) => {
    if (!each.services.includes(service) && n !== brush.chosen) return;
    const of = n === brush.chosen ? chosen : each.locked ? fixed : free;
    for (const code of each.members) of[atlas.number.get(code)] = n;
  });
  for (const i of brush.dragged || []) chosen[i] = -2;
  return [[free, "#005a8c", 2, say("map_line_free")], [fixed, "#9c3d00", 2.6, say("map_line_locked")], [chosen, "#000000", 3.4, say("map_line_chosen")]]
    .filter(([of]) => of.some((n) => n !== -1))
    .map(([of, ...rest]) => [linesWhere((i, j) => of[i] !== (j < 0 ? -1 : of[j])), ...rest]);
}

const isWide = (service) => wideServices().some((each) => each.id === service);

// ---- hands

function mode(name) {
  brush.mode = name;
  for (const each of document.querySelectorAll("[name=map-mode]")) each.checked = each.value === name;
  box.classList.toggle("painting", name === "paint");
}

atlas.act = (i) => {
  if (brush.mode === "paint") painted(i);
  else openTown(atlas.of.codes[i]);
};
atlas.drag = (i) => {
  if (brush.mode !== "paint") return false;
  if (i === null) {
    const some = brush.dragged, old = chosenBody();
    brush.dragged = null;
    if (!some) return false;
    const codes = [...some].map((j) => atlas.of.codes[j]);
    put(old ? { ...old, members: [...new Set([...old.members, ...codes])] } : { services: [...servicesNow()], members: codes }, old);
    return true;
  }
  brush.dragged = brush.dragged || new Set();
  if (i >= 0 && !brush.dragged.has(i)) {
    brush.dragged.add(i);
    shownLayer();
  }
  return true;
};
Object.assign(atlas.keys, {
  " ": (i) => painted(i), l: locked, a: alone, m: merged,
  n: () => { brush.chosen = -1; listed(); shownLayer(); said(say("map_new_begun")); },
  b: (i) => { const n = draftBodyAt(i); if (n >= 0) choose(n); },
});

function toldServices() {
  document.getElementById("paint-said").textContent = servicesNow().map(labelOf).join(say("map_comma"));
}

// what the map shows is what is painted, where bodies may provide it
export function inHand(service) {
  if (!isWide(service)) return;
  brush.services = [service];
  for (const each of document.querySelectorAll("#paint-services input")) each.checked = each.value === service;
  toldServices();
}

function buildBodies() {
  const list = document.getElementById("paint-services");
  brush.services = [isWide(look.service) ? look.service : wideServices()[0].id];
  for (const each of wideServices()) {
    const label = make("label", each.label), tick = make("input", undefined, { type: "checkbox", value: each.id });
    tick.checked = brush.services.includes(each.id);
    label.prepend(tick);
    list.append(label);
    tick.addEventListener("change", () => {
      brush.services = [...list.querySelectorAll("input:checked")].map((input) => input.value);
      toldServices();
      shownLayer();
    });
  }
  toldServices();
  for (const each of document.querySelectorAll("[name=map-mode]")) each.addEventListener("change", () => mode(each.value));
  const on = (id, work) => document.getElementById(id).addEventListener("click", work);
  on("body-new", () => { brush.chosen = -1; mode("paint"); listed(); shownLayer(); said(say("map_new_begun")); });
  for (const kind of ["today", "medical", "plan"]) on(`load-${kind}`, () => loaded(kind));
  on("body-lock", () => lockBody(brush.chosen));
  on("body-split", () => split(ticked()));
  on("body-merge", () => (atlas.cursor < 0 ? said(say("map_point_first")) : merged(atlas.cursor)));
  on("body-remove", removed);
  mode("look");
  listed();
}

hooks.told.push(() => { if (atlas.of) counted(); });
hooks.shown.push(() => { if (atlas.of) { listed(); shownLayer(); } });
atlas.opened.push(buildBodies);
