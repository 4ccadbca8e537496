// Who gains and who loses: by class, prefecture, residents and finance; the ends of the list; pinned towns.
import { nameOf } from "./workbench_bodies.js";
import { MOST_PINS, layers, look, places } from "./workbench_layers.js";
import { atlas, openAtlas, point } from "./workbench_map.js";
import { button, openTown, panel, tableOf, townShown, withHome } from "./workbench_town.js";

let group = { kind: "class", of: "" };

const orderOf = { class: (a, b) => data.sizes.indexOf(a) - data.sizes.indexOf(b) };

function townRow(i) {
  return [
    button(withHome(i), () => { point(i, true); openTown(atlas.of.codes[i]); }, { class: "link" }),
    number(places.change_yen_per_resident[i]),
    plain(Math.round(places.leeway_today_yen_per_resident[i])), plain(Math.round(places.leeway_yen_per_resident[i])),
  ];
}

const townHeads = () => ["", words.yen_each, say("map_leeway_today"), say("map_leeway")];

function leagueTables() {
  if (!atlas.of || !places || !layers.league) return;
  const part = document.getElementById("league"), table = layers.league[group.kind], label = atlas.of.labels[group.kind];
  const here = document.activeElement && part.contains(document.activeElement) ? document.activeElement.dataset.group : undefined;
  const order = table.group.map((_, n) => n).sort((a, b) => (orderOf[group.kind] || ((x, y) => x.localeCompare(y)))(table.group[a], table.group[b]));
  const rows = order.map((n) => {
    const name = table.group[n];
    return [
      button(label[name] || name, () => { group.of = group.of === name ? "" : name; leagueTables(); }, { class: "link", "aria-pressed": group.of === name, "data-group": name }),
      plain(table.places[n]), plain(table.gain[n]), plain(table.lose[n]), plain(table.people_losing[n]),
      number(table.mean_yen[n]), number(table.least_yen[n]), number(table.most_yen[n]),
    ];
  });
  const heads = ["", words.places, say("map_gain"), say("map_lose"), say("map_people_losing"), say("map_mean"), say("map_least"), say("map_most")];
  const whole = tableOf(heads, rows, say("map_by_group", { unit: words.yen_each }));
  part.replaceChildren(whole, pinned(), ends());
  if (here !== undefined) part.querySelector(`[data-group="${CSS.escape(here)}"]`)?.focus();
}

function ends() {
  const part = make("div", undefined, { class: "bench-league" }), kind = atlas.of.groups[group.kind];
  const some = atlas.of.codes.map((_, i) => i).filter((i) => !group.of || kind[i] === group.of);
  const change = places.change_yen_per_resident, order = [...some].sort((a, b) => change[a] - change[b] || a - b);
  const among = group.of ? say("map_among", { group: atlas.of.labels[group.kind][group.of] }) : "";
  part.append(tableOf(townHeads(), order.slice(0, 10).map(townRow), words.lose_most + among), tableOf(townHeads(), order.slice(-10).reverse().map(townRow), words.gain_most + among));
  return part;
}

function pinned() {
  const rows = look.pins.filter((code) => atlas.number.has(code)).map((code) => {
    const cells = townRow(atlas.number.get(code));
    cells.push(button(say("map_unpin"), () => pin(code), { "aria-label": say("map_unpin_of", { name: nameOf(code) }) }));
    return cells;
  });
  return rows.length ? tableOf([...townHeads(), ""], rows, say("map_pinned")) : make("p", say("map_none_pinned"), { class: "note" });
}

export function pin(code) {
  look.pins = look.pins.includes(code) ? look.pins.filter((each) => each !== code) : [...look.pins, code].slice(-MOST_PINS);
  inAddress();
  leagueTables();
  const button = panel.querySelector("[data-way=pin]");
  if (button && townShown === code) {
    const now = look.pins.includes(code);
    button.textContent = say(now ? "map_unpin" : "map_pin");
    button.setAttribute("aria-pressed", now);
  }
}

document.getElementById("league-kind").addEventListener("change", (event) => {
  group = { kind: event.target.value, of: "" };
  leagueTables();
});
hooks.told.push(leagueTables);
atlas.opened.push(leagueTables);
openAtlas().catch((error) => {
  console.error(error);
  document.getElementById("map-said").textContent = words.failed;
});
