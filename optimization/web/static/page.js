"use strict";
// Small helps; every page works without them.

// 1. A running job tells how far it is, once a second at most, until it is over.
async function told(address) {
  try {
    const answer = await fetch(address, { headers: { accept: "application/json" } });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // the server may be restarting: ask again
  }
}

function put(element, text) {
  if (element && text !== undefined && element.textContent !== text) element.textContent = text;
}

async function watch(place) {
  const now = await told(place.dataset.progress);
  if (now && now.over) {
    if (!document.querySelector("input[name=run]:checked")) return location.reload();
    return put(place, now.word);
  }
  if (now && place.matches(".progress")) {
    for (const field of place.querySelectorAll("[data-field]")) put(field, now[field.dataset.field]);
    const state = place.querySelector(".state");
    if (state) state.className = `state ${now.state}`;
  } else if (now) {
    put(place, now.word);
  }
  setTimeout(watch, 1000, place);
}

document.querySelectorAll("[data-progress]").forEach((place) => setTimeout(watch, 1000, place));

// 2. When another case or package is chosen, the form shows its prefectures and its values.
const form = document.getElementById("start");

function chosen(name) {
  const radio = form.querySelector(`input[name="${name}"]:checked`);
  return radio ? radio.value : "";
}

function prefectures() {
  for (const box of form.querySelectorAll("fieldset[data-case]")) box.hidden = box.dataset.case !== chosen("case");
}

async function values() {
  const [name, package_] = [chosen("case"), chosen("package")];
  const found = await told(`/values?case=${encodeURIComponent(name)}&package=${encodeURIComponent(package_)}`);
  if (!found || name !== chosen("case") || package_ !== chosen("package")) return;
  form.elements.seen.value = found.seen;
  for (const place of form.querySelectorAll("[data-current]")) put(place, found[place.dataset.current]?.current);
  for (const field of form.querySelectorAll("[data-key]")) {
    const value = found[field.dataset.key];
    if (!value) continue;
    if (field.dataset.before) field.textContent = `${field.dataset.before} (${value.current})`;
    else field.placeholder = field.dataset.end ? value.ends[field.dataset.end] : value.current;
  }
}

if (form) {
  prefectures();
  form.addEventListener("change", (event) => {
    if (event.target.name === "case") prefectures();
    if (event.target.name === "case" || event.target.name === "package") values();
  });
}

// 3. Times are those of the reader's own clock.
for (const place of document.querySelectorAll("time[datetime]")) {
  const when = new Date(place.dateTime);
  if (Number.isNaN(when.getTime())) continue;
  place.title = place.textContent;
  place.textContent = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }).format(when);
}
