"use strict";
// A draft kept as a run, and the rest of it found: both are jobs of the server, watched here until they are over. The
// plan that is found comes back as the draft, one change that can be undone.
const keepForm = document.getElementById("keep");
const keepFaults = document.getElementById("keep-faults");
const doing = document.getElementById("doing");
const KEPT = "kept-runs";
let now = null; // the job that is watched
let kept = keptBefore();

function keptBefore() {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEPT));
    return (Array.isArray(found) ? found : []).filter((each) => /^[\w-]+$/.test(each.id) && typeof each.name === "string");
  } catch {
    return [];
  }
}

function told(faults) {
  keepFaults.replaceChildren(...faults.map((each) => make("p", [each.place, `${each.message}${words.full_stop}`, each.remedy].filter(Boolean).join(" "), { class: "error" })));
}

async function send(address, fields) {
  const answer = await fetch(address, {
    method: "POST", redirect: "manual", headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ csrf: keepForm.elements.csrf.value, ...fields }),
  });
  if (answer.type === "opaqueredirect") return { ok: true };
  const found = (answer.headers.get("content-type") || "").startsWith("application/json") ? await answer.json() : {};
  return { ok: answer.ok, ...found };
}

keepForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (now) return;
  const what = event.submitter ? event.submitter.value : "keep";
  const fields = keepForm.elements;
  const sent = { do: what, draft: JSON.stringify(question()), name: fields.name.value, note: fields.note.value };
  if (!fields.roles.checked) sent.roles = "no";
  if (!fields.bodies.checked) sent.bodies = "no";
  told([]);
  let answer;
  try {
    answer = await send("/workbench/run", sent);
  } catch {
    answer = {};
  }
  if (!answer.ok) return told(answer.faults || [{ message: words.failed }]);
  now = { id: answer.id, name: answer.name, what };
  document.getElementById("doing-name").textContent = answer.name;
  doing.hidden = false;
  if (what === "find") document.getElementById("cancel").focus();
  watchJob();
});

document.getElementById("cancel").addEventListener("click", () => now && send(`/runs/${now.id}/cancel`, {}).catch(() => {}));

async function read(address) {
  const answer = await fetch(address, { headers: { accept: "application/json" } });
  return answer.ok ? answer.json() : null;
}

async function watchJob() {
  let progress = null;
  try {
    progress = await read(`/runs/${now.id}/progress`);
  } catch {
    // the server may be restarting: ask again
  }
  if (progress && !progress.over)
    for (const field of doing.querySelectorAll("[data-field]")) {
      const text = progress[field.dataset.field];
      if (text !== undefined && field.textContent !== text) field.textContent = text;
    }
  if (!progress || !progress.over) return setTimeout(watchJob, 400);
  const job = now;
  now = null;
  doing.hidden = true;
  if (progress.state === "cancelled") return ended(words.was_cancelled);
  if (progress.state !== "done") return ended(words.no_plan, job);
  const plan = job.what === "find" ? await read(`/runs/${job.id}/plan`).catch(() => null) : null;
  if (job.what === "find" && !plan) return ended(words.no_plan, job);
  kept = [...kept.filter((each) => each.id !== job.id), { id: job.id, name: job.name }].slice(-8);
  sessionStorage.setItem(KEPT, JSON.stringify(kept));
  if (plan)
    change((draft) => Object.assign(draft, { ...draftFrom(plan), file: draft.file }));
  showKept();
  ended(plan ? words.found_plan : words.was_kept, job);
}

function ended(text, job) {
  const line = make("p", `${text} `, { tabindex: "-1" });
  if (job) line.append(make("a", job.name, { href: `/runs/${job.id}` }));
  keepFaults.replaceChildren(line);
  line.focus();
}

function showKept() {
  document.getElementById("kept-runs").hidden = !kept.length;
  document.getElementById("kept").replaceChildren(...kept.map((run) => {
    const item = make("li");
    const links = [[run.name, ""], [words.town, "/town"], [words.brief, "/brief.docx"], [words.workbook, "/workbook.xlsx"]];
    links.forEach(([text, rest], n) => {
      if (n) item.append(" · ");
      item.append(make("a", text, { href: `/runs/${run.id}${rest}`, ...(rest.includes(".") ? { download: "" } : {}) }));
    });
    const pin = make("button", words.pin_run, { type: "button", class: "plain small", "aria-label": `${words.pin_run}: ${run.name}` });
    pin.addEventListener("click", () => pinRun(run));
    item.append(" ", pin);
    return item;
  }));
  const compare = document.getElementById("compare-kept");
  compare.hidden = kept.length < 2;
  compare.href = `/compare?${kept.map((run) => `run=${run.id}`).join("&")}`;
}

document.getElementById("lock-changed").addEventListener("click", () => change((draft) => {
  const cells = Object.keys(draft.tiers).filter((key) => roles[key] && draft.tiers[key] !== roles[key].today);
  draft.locked = [...new Set([...draft.locked, ...cells])];
  if (draft.bodies) draft.bodies = draft.bodies.map((each) => ({ ...each, locked: true }));
}));

showKept();
