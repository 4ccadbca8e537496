// One town under the draft: what residents have, accounts, who does what, and every step of its grants down to the cell
// of an official workbook (POST /api/town).
import { nameOf } from "./workbench_bodies.js";
import { labelOf, look, places } from "./workbench_layers.js";
import { pin } from "./workbench_league.js";
import { atlas, box, point } from "./workbench_map.js";

export const panel = document.getElementById("town-panel");
let townAsked = null;
let toFocus = false; // whether the heading is given the focus once it is there
export let townShown = null;

export async function openTown(code, quietly = false) {
  if (!atlas.number.has(code)) return;
  look.town = code;
  toFocus = toFocus || !quietly;
  inAddress();
  if (townAsked) townAsked.abort();
  townAsked = new AbortController();
  panel.hidden = false;
  if (townShown !== code) panel.replaceChildren(make("p", say("map_counting"), { class: "note" }));
  let found = null;
  try {
    const answer = await post("/api/town", { ...question(), code }, townAsked.signal);
    if (answer.ok) found = await answer.json();
  } catch (error) {
    if (error.name === "AbortError") return;
  }
  if (!found) {
    panel.replaceChildren(make("p", words.failed));
    return;
  }
  const open = new Set([...panel.querySelectorAll("details[open]")].map((each) => each.dataset.part));
  const inside = panel.contains(document.activeElement) ? document.activeElement.dataset.way : undefined;
  panel.replaceChildren(...portrait(found));
  if (townShown === code) for (const each of panel.querySelectorAll("details")) each.open = open.has(each.dataset.part);
  townShown = code;
  if (toFocus) panel.querySelector("h3").focus();
  else if (inside) panel.querySelector(`[data-way="${inside}"]`)?.focus();
  toFocus = false;
}

function closeTown() {
  panel.hidden = true;
  look.town = "";
  townShown = null;
  inAddress();
  box.focus();
}

export function button(text, work, attributes = {}) {
  const found = make("button", text, { type: "button", class: "plain", ...attributes });
  found.addEventListener("click", work);
  return found;
}

function fold(part, title, ...inside) {
  const found = make("details", undefined, { class: "fold", "data-part": part });
  found.append(make("summary", title, { "data-way": part }), ...inside);
  return found;
}

// a table; its cells are figures, or else `text`
export function tableOf(heads, rows, caption, text = false) {
  const table = make("table", undefined, { class: "stack" }), head = make("tr"), top = make("thead"), body = make("tbody");
  if (caption) table.append(make("caption", caption));
  const kind = text ? {} : { class: "n" };
  heads.forEach((told, n) => head.append(n ? make("th", told, { scope: "col", ...kind }) : make("td")));
  top.append(head);
  for (const cells of rows) {
    const row = make("tr");
    cells.forEach((cell, n) => {
      const place = n ? make("td", undefined, { ...kind, "data-label": heads[n] }) : make("th", undefined, { scope: "row" });
      place.append(cell);
      row.append(place);
    });
    body.append(row);
  }
  table.append(top, body);
  return table;
}

export const withHome = (i) => say("map_name_home", { name: atlas.of.names[i], home: atlas.of.homes[i] });
const yen = (value) => say("map_yen", { value: plain(Math.round(value)) });
const percent = (value) => `${plain(Math.round(value * 1000) / 10)}%`;
const amount = (million) => money(million).replace(/^\+/, "");

function portrait(found) {
  const i = atlas.number.get(found.code), place = found.place, change = place.change_yen_per_resident;
  const title = make("h3", atlas.of.names[i], { tabindex: "-1" });
  const kind = atlas.of.labels.class[atlas.of.groups.class[i]];
  const pinned = look.pins.includes(found.code);
  const ways = make("p", undefined, { class: "ways" });
  ways.append(
    button(say(pinned ? "map_unpin" : "map_pin"), () => pin(found.code), { "data-way": "pin", "aria-pressed": pinned }),
    button(say("map_show"), () => { point(i, true); box.scrollIntoView({ block: "nearest" }); }, { "data-way": "show" }),
    button(say("map_close"), closeTown, { "data-way": "close" }),
  );
  const verdict = { 1: ["up", "map_town_gains"], 0: ["level", "map_town_level"], "-1": ["down", "map_town_loses"] }[place.gains];
  const parts = ["duty", "retention", "windfall", "pool"].map((name) => [say(`map_part_${name}`), say("map_yen_each", { value: number(place[`change_by_${name}_yen_per_resident`]) })]);
  return [
    title, make("p", say("map_town_line", { home: atlas.of.homes[i], code: found.code, kind, people: plain(place.population_persons) }), { class: "note" }), ways,
    make("p", say(verdict[1], { change: yen(Math.abs(change)), today: yen(place.leeway_today_yen_per_resident), now: yen(place.leeway_yen_per_resident) }), { class: `verdict ${verdict[0]}` }),
    fold("parts", say("map_parts"), tableOf(["", say("map_change")], parts)),
    ...duties(found.duties), accounts(found.governments), ...grants(found), similar(i),
  ];
}

function accounts(governments) {
  const { own, home } = governments, heads = ["", say("map_today"), say("map_draft")], rows = [];
  const of = own.government === home.government ? [["", own]] : [["", own], [say("map_of_prefecture"), home]];
  for (const [whose, row] of of) {
    for (const name of ["need", "capacity", "grant", "funds", "standard_cost"])
      rows.push([`${data.says[`amount_${name}`]}${whose}`, amount(row[`${name}_today_million_yen`]), amount(row[`${name}_million_yen`])]);
    rows.push([`${say("map_debt_ratio")}${whose}`, percent(row.real_debt_service_today_ratio), percent(row.real_debt_service_ratio)]);
    rows.push([`${say("map_debt_stage")}${whose}`, say(`map_stage_${row.debt_stage_today}`), say(`map_stage_${row.debt_stage}`)]);
  }
  return fold("accounts", say("map_accounts"), tableOf(heads, rows));
}

function duties(table) {
  const heads = ["", say("map_today"), say("map_draft")], moved = [], kept = [];
  table.service.forEach((service, n) => {
    const told = (when) => {
      const members = table[`members_${when}`][n], tier = data.tiers_in_full[table[`tier_${when}`][n]], minutes = table[`minutes_${when}`][n];
      const way = minutes ? `${say("map_comma")}${say("map_minutes", { minutes: plain(minutes) })}` : "";
      return (members ? say("map_with", { names: members.split("|").map(nameOf).join(say("map_comma")) }) : tier) + way;
    };
    const same = table.tier_today[n] === table.tier_now[n] && table.members_today[n] === table.members_now[n];
    (same ? kept : moved).push([labelOf(service), told("today"), told("now")]);
  });
  const first = moved.length ? tableOf(heads, moved, say("map_moved", { count: plain(moved.length) }), true) : make("p", say("map_none_moved"));
  return [first, fold("kept", say("map_kept", { count: plain(kept.length) }), tableOf(heads, kept, "", true))];
}

// ---- every step of a grant; an official amount opens to the cell it stands in

function grants(found) {
  const i = atlas.number.get(found.code), whose = { own: atlas.of.names[i], home: atlas.of.homes[i] };
  const entries = Object.entries(found.grants);
  if (!entries.length) return [make("p", say("map_no_sources"), { class: "note" })];
  const one = found.governments.own.government === found.governments.home.government;
  return entries.filter(([key]) => !one || key === "own").map(([key, lines]) => {
    const blocks = [...new Set(lines.block)].flatMap((block) => [
      make("h4", say(`map_block_${block}`)), linesOf(lines, block, found.governments[key].government),
    ]);
    return fold(`grant-${key}`, say("map_steps", { name: whose[key] }), ...blocks);
  });
}

const official = (text) => make("span", text, { lang: "ja" });

function linesOf(lines, block, government) {
  const list = make("ul", undefined, { class: "steps" });
  lines.block.forEach((of, n) => {
    if (of !== block) return;
    const item = make("li", undefined, lines.total[n] ? { class: "total" } : {});
    const label = lines[`label_${data.language}`][n], value = make("span", yen(lines.amount_million_yen[n] * 1e6), { class: "n" });
    if (lines.workbook[n]) {
      const cell = make("details", undefined, { "data-part": `${block}-${lines.line[n]}` }), head = make("summary");
      head.append(make("span", label), value);
      cell.append(head, tableOf(["", ""], [
        [say("map_workbook"), lines.workbook[n]], [say("map_sheet"), official(lines.sheet[n])],
        [say("map_heading"), official(lines.heading[n])], [say("map_row"), government],
      ], "", true));
      item.append(cell);
    } else {
      const line = make("p");
      line.append(make("span", (lines.total[n] ? "= " : "") + label), value);
      item.append(line);
    }
    list.append(item);
  });
  return list;
}

// ---- towns like this one: as many people, as old, as dense, as strong in taxes, of a like class

function likest(i, count = 6) {
  const { people, aged, area, strength, groups } = atlas.of;
  const away = (j) =>
    Math.abs(Math.log(people[i] / people[j])) + 4 * Math.abs(aged[i] - aged[j]) / 0.4 + 0.3 * Math.abs(Math.log((people[i] / area[i]) / (people[j] / area[j]))) +
    2 * Math.abs(strength[i] - strength[j]) + (groups.class[i] === groups.class[j] ? 0 : 0.5);
  return atlas.of.codes.map((_, j) => j).filter((j) => j !== i && people[j] > 0).sort((a, b) => away(a) - away(b) || a - b).slice(0, count);
}

function similar(i) {
  const rows = likest(i).map((j) => [
    button(withHome(j), () => openTown(atlas.of.codes[j]), { class: "link" }),
    plain(atlas.of.people[j]), plain(Math.round(atlas.of.strength[j] * 100) / 100), places ? number(places.change_yen_per_resident[j]) : "",
  ]);
  return fold("similar", say("map_similar"), make("p", say("map_similar_note"), { class: "note" }), tableOf(["", say("map_residents"), say("map_strength"), words.yen_each], rows));
}

// ---- finding a town

function hits(text) {
  const katakana = (sign) => String.fromCharCode(sign.charCodeAt(0) + 0x60);
  const wanted = text.normalize("NFKC").trim().toLowerCase().replaceAll("-", "").replace(/[ぁ-ゖ]/g, katakana);
  if (!wanted) return [];
  const order = (i) => { const words = atlas.of.search[i].split(" "); return words.includes(wanted) ? 0 : words.some((each) => each.startsWith(wanted)) ? 1 : 2; };
  return atlas.of.codes.map((_, i) => i).filter((i) => atlas.of.search[i].includes(wanted)).sort((a, b) => order(a) - order(b) || atlas.of.people[b] - atlas.of.people[a]);
}

function buildSearch() {
  const field = document.getElementById("map-find"), list = document.getElementById("map-hits");
  const told = () => {
    const found = hits(field.value);
    list.replaceChildren(...found.slice(0, 8).map((i) => {
      const item = make("li");
      item.append(button(withHome(i), () => { point(i, true); openTown(atlas.of.codes[i]); }, { class: "link" }));
      return item;
    }));
    if (field.value.trim() && !found.length) list.append(make("li", say("map_no_hit")));
  };
  field.addEventListener("input", told);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const first = list.querySelector("button");
    if (first) first.click();
  });
}

atlas.opened.push(() => {
  buildSearch();
  if (typeof look.town === "string" && atlas.number.has(look.town)) openTown(look.town, true);
});
hooks.told.push(() => { if (atlas.of && look.town) openTown(look.town, true); });
