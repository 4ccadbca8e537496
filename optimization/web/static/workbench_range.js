"use strict";
// The range of the saving: asked once a draft is let stand, for it takes longer than the accounts; it stands under the
// saving. What was asked of a former draft is given up.
const LET_STAND = 600; // milliseconds
let range = { asked: null, timer: 0, place: null };

hooks.figure.push((place, n) => {
  if (n) return;
  range.place = make("span", data.says["map_range_waits"], { class: "range" });
  place.append(range.place);
});

hooks.told.push(() => {
  if (range.asked) range.asked.abort();
  clearTimeout(range.timer);
  range.timer = setTimeout(askRange, LET_STAND, range.place);
});

async function askRange(place) {
  range.asked = new AbortController();
  try {
    const answer = await fetch("/api/range", {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(question()), signal: range.asked.signal,
    });
    const found = await answer.json();
    if (answer.ok) place.textContent = rangeSaid(found);
    else place.remove();
  } catch (error) {
    if (error.name !== "AbortError") place.remove();
  }
}

function rangeSaid({ draws, real_million_yen: saved }) {
  if (!saved) return data.says["map_range_none"];
  const values = { low: money(saved.low), high: money(saved.high), draws: plain(draws) };
  return data.says["map_range"].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
