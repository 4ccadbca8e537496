"use strict";
// The range of the saving: asked once a draft is let stand, for it takes longer than the accounts; it stands under the
// saving. What was asked of a former draft is given up.
const LET_STAND = 600; // milliseconds
const range = { asked: null, timer: 0, place: null };

hooks.figure.push((place, n) => {
  if (n) return;
  range.place = make("span", say("map_range_waits"), { class: "range" });
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
    const answer = await post("/api/range", question(), range.asked.signal);
    const found = await answer.json();
    if (answer.ok) place.textContent = rangeSaid(found);
    else place.remove();
  } catch (error) {
    if (error.name !== "AbortError") place.remove();
  }
}

function rangeSaid({ draws, real_million_yen: saved }) {
  if (!saved) return say("map_range_none");
  return say("map_range", { low: money(saved.low), high: money(saved.high), draws: plain(draws) });
}
