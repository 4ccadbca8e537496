"use strict";
// The draft as a package file, down and up; what the page has no slider for, with a way to take it away.
const fileForm = document.getElementById("file");
const fileFaults = document.getElementById("file-faults");
const LONGEST = 64 * 1024;
const SIGNED = ["name", "title", "author"];

async function ask(address, body) {
  const answer = await post(address, body);
  const found = await answer.json();
  return answer.ok ? found : { faults: found.faults };
}

// The draft is signed by what stands in the fields; an empty field leaves what the file says.
function signed() {
  const own = { ...draft.file };
  for (const key of SIGNED) if (fileForm.elements[key].value.trim()) own[key] = fileForm.elements[key].value.trim();
  if (own.title !== undefined && own.title !== draft.file.title) own.title_ja = own.title;
  return own;
}

fileForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  fileFaults.replaceChildren();
  try {
    const found = await ask("/api/package", { ...question(), file: signed() });
    if (found.faults) return wrong(found.faults, "");
    if (draft.file.date !== found.date || SIGNED.some((key) => signed()[key] !== draft.file[key]))
      change((draft) => { draft.file = { ...signed(), date: found.date }; });
    const link = make("a", undefined, { download: found.name });
    link.href = URL.createObjectURL(new Blob([found.toml], { type: "application/toml" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  } catch {
    wrong([{ message: words.failed }], "");
  }
});

document.getElementById("load").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  fileFaults.replaceChildren();
  if (!file) return;
  if (file.size > LONGEST) return wrong([{ message: words.too_large }], "");
  try {
    const toml = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer());
    const found = await ask("/api/draft", { case: data.case, prefectures: data.prefectures, toml });
    if (found.faults) return wrong(found.faults, toml);
    const next = draftFrom(found);
    if (found.package === data.package) return change((draft) => Object.assign(draft, next));
    const query = new URLSearchParams(location.search);
    query.set("case", data.case);
    query.delete("package");
    query.append("package", found.package);
    location.assign(`/workbench?${query}#${encodeURIComponent(JSON.stringify(next))}`);
  } catch (error) {
    wrong([{ message: error instanceof TypeError ? words.no_text : words.failed }], "");
  }
});

// Every fault with the line in which it stands and the lines around it.
function wrong(faults, toml) {
  const lines = toml.split("\n");
  const list = make("ul", undefined, { class: "file-faults" });
  for (const each of faults) {
    const item = make("li");
    const at = toml ? Number((/^\d+/.exec(each.place || "") || [0])[0]) : 0;
    const found = each.value ? ` (${each.value})` : "";
    const place = (each.place || "").replace(/^\d+(, )?/, "");
    item.append(make("p", `${at ? `${words.line.replace("{n}", at)} ` : ""}${place} ${each.message}${found}${words.full_stop}${each.remedy || ""}`, { class: "error" }));
    if (at) {
      const shown = make("pre");
      for (let n = Math.max(1, at - 2); n <= Math.min(lines.length, at + 2); n++)
        shown.append(make(n === at ? "mark" : "span", `${String(n).padStart(4)}  ${lines[n - 1]}\n`));
      item.append(shown);
    }
    list.append(item);
  }
  fileFaults.replaceChildren(make("p", words.file_wrong), list);
  fileFaults.focus();
}

// ---- what has no slider

const SHOWN = new Set([...data.sliders, ...data.switches].map((each) => each.key));

function others() {
  const place = document.getElementById("other-settings");
  const rows = [
    ...Object.entries(draft.settings).filter(([key]) => !SHOWN.has(key)).map(([key, value]) => ["settings", key, value]),
    ...Object.entries(draft.assumptions).map(([key, value]) => ["assumptions", key, value]),
  ];
  if (!rows.length) return place.replaceChildren();
  const list = make("ul");
  for (const [table, key, value] of rows) {
    const item = make("li");
    const name = data.names[key];
    item.append(make("span", name ? `${name} ` : ""), make("code", `${key} = ${JSON.stringify(value)} `));
    const away = make("button", words.take_away, { type: "button", class: "plain small" });
    away.setAttribute("aria-label", `${words.take_away}: ${name || key}`);
    away.addEventListener("click", () => change((draft) => { delete draft[table][key]; }));
    item.append(away);
    list.append(item);
  }
  const fold = make("details");
  fold.open = Boolean(place.querySelector("details[open]"));
  fold.append(make("summary", `${words.other_settings} (${rows.length})`), list);
  place.replaceChildren(fold);
}

hooks.shown.push(() => {
  others();
  for (const key of SIGNED)
    if (document.activeElement !== fileForm.elements[key]) fileForm.elements[key].value = draft.file[key] || "";
});
others();
