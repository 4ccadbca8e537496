"use strict";
// A draft, or the plan of a run, that is pinned: what it comes to stands beside every figure of the draft at hand. It
// is part of the address, and counted again when the address is opened.
const pinPlace = document.getElementById("pinned");
let pinned = pinnedFrom(pinnedAtStart);
let pinnedFigures = null;

// What an address says is pinned: its name, its packages, its draft; nothing where it is of another form.
function pinnedFrom(found) {
  if (!isRecord(found) || !isRecord(found.draft) || typeof found.name !== "string") return null;
  return { name: found.name.slice(0, 80), package: String(found.package || data.package).slice(0, 1000), draft: draftFrom(found.draft) };
}

function pin(next) {
  pinned = next;
  pinnedFigures = null;
  inAddress();
  countPinned();
}

async function countPinned() {
  pinPlace.hidden = !pinned;
  if (!pinned) return count();
  document.getElementById("pinned-name").textContent = pinned.name;
  const wanted = pinned;
  try {
    const answer = await post("/api/apply", { ...question(wanted.draft), package: wanted.package, places: false });
    const found = await answer.json();
    if (wanted !== pinned) return;
    if (answer.ok) pinnedFigures = figuresOf(found);
    else document.getElementById("pinned-name").textContent = `${wanted.name}: ${found.faults[0].message}`;
  } catch {
    document.getElementById("pinned-name").textContent = `${wanted.name}: ${words.failed}`;
  }
  count();
}

async function pinRun(run) {
  const plan = await read(`/runs/${run.id}/plan`).catch(() => null);
  const here = plan && plan.case === data.case && String(plan.prefectures || []) === String(data.prefectures);
  if (!here) return ended(words.not_here, run);
  pin({ name: run.name, package: plan.package, draft: draftFrom(plan) });
}

hooks.state.push(() => (pinned ? { pinned } : {}));
hooks.figure.push((place, n, amount, said) => {
  if (!pinnedFigures) return;
  const before = pinnedFigures[n][1];
  const apart = amount === before ? words.same : said === money ? money(amount - before) : number(amount - before);
  place.append(make("span", `${words.pinned}: ${said(before)} (${apart})`, { class: "against" }));
});
document.getElementById("pin").addEventListener("click", () => pin({ name: words.draft_pinned, package: data.package, draft: JSON.parse(JSON.stringify(draft)) }));
document.getElementById("unpin").addEventListener("click", () => pin(null));
if (pinned) pin(pinned);
