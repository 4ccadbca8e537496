"use strict";
(() => {
  const store = document.getElementById("data");
  if (!store) return;
  const data = JSON.parse(store.textContent), say = data.say, towns = data.towns;
  const ja = document.documentElement.lang === "ja";
  const number = (value) => value.toLocaleString("en-US");
  const node = (tag, text, cls) => { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (cls) e.className = cls; return e; };
  const called = (t) => (ja || !t[1]) ? `${t[0]}（${t[2]}）`.replace(/（|）/g, (c) => ja ? c : c === "（" ? " (" : ")") : `${t[1]} (${t[0]}, ${t[2]})`;

  // ---- maps: name and figures where the pointer is
  const tip = document.getElementById("tip");
  document.querySelectorAll("svg.map").forEach((map) => {
    map.addEventListener("pointermove", (event) => {
      const code = event.target.dataset && event.target.dataset.c;
      if (!code || !towns[code]) { tip.style.display = "none"; return; }
      const t = towns[code];
      tip.replaceChildren(node("strong", called(t)), node("br"), `${say.coverage} ${t[4].toFixed(3)} → ${t[5].toFixed(3)}`, node("br"),
        `${say.grant} ${number(t[6])} → ${number(t[7])} ${say.yen}`, node("br"), `${say.bodies} ${t[12].length}`);
      tip.style.display = "block";
      tip.style.left = `${Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 8)}px`;
      tip.style.top = `${Math.min(event.clientY + 14, window.innerHeight - tip.offsetHeight - 8)}px`;
    });
    map.addEventListener("pointerleave", () => { tip.style.display = "none"; });
    map.addEventListener("click", (event) => { const code = event.target.dataset && event.target.dataset.c; if (code) show(code); });
  });

  // ---- my town
  const box = document.getElementById("town-name"), answer = document.getElementById("town-answer"), list = document.getElementById("town-list");
  const plain = (text) => text.normalize("NFKC").toLowerCase().normalize("NFD").replace(/[\u0300-\u036f\s-]/g, "").normalize("NFC")
    .replace(/oo|ou/g, "o").replace(/uu/g, "u").replace(/m(?=[bmp])/g, "n");
  const keys = Object.entries(towns).map(([code, t]) => [code, plain(called(t)), [code, plain(t[0]), plain(t[0]).slice(0, -1), plain(t[1]), plain(t[1].replace(/-.*/, ""))]]);
  const find = (text) => {
    const wanted = plain(text);
    if (!wanted) return [];
    const exact = keys.filter(([, full, names]) => full === wanted || names.includes(wanted));
    return (exact.length ? exact : keys.filter(([, full]) => full.includes(wanted))).map(([code]) => code);
  };
  const fill = (codes) => list.replaceChildren(...codes.slice(0, 12).map((code) => {
    const item = node("li"), button = node("button", called(towns[code]));
    button.type = "button"; button.addEventListener("click", () => show(code)); item.append(button); return item;
  }));
  const row = (head, today, now) => { const tr = node("tr"), th = node("th", head); th.scope = "row"; tr.append(th, node("td", today, "n"), node("td", now, "n")); return tr; };
  const perHead = (name) => ja ? `${name}（${say.yen}）` : `${name} (${say.yen})`;
  const tierOf = data.tiers;
  const bodyOf = (code, place) => towns[code][12].map((n) => data.bodies[n]).find((b) => b[2].includes(place));
  const who = (sign, code, place) => {
    if (sign === "a") return tierOf.m;
    if (sign !== "w") return tierOf[sign];
    const body = bodyOf(code, place);
    return body ? say.body.replace("{hub}", body[0]) : say.bodies;
  };
  function show(code) {
    const t = towns[code];
    document.querySelectorAll("svg.map use.here").forEach((e) => e.classList.remove("here"));
    document.querySelectorAll(`svg.map use[data-c="${code}"]`).forEach((e) => e.classList.add("here"));
    const figures = node("table"), head = node("thead"), hr = node("tr"), body = node("tbody");
    hr.append(node("td", ""), Object.assign(node("th", say.today, "n"), { scope: "col" }), Object.assign(node("th", say.package, "n"), { scope: "col" }));
    head.append(hr);
    body.append(row(say.people, number(t[3]), number(t[3])), row(say.coverage, t[4].toFixed(3), t[5].toFixed(3)),
      row(perHead(say.grant), number(t[6]), number(t[7])), row(perHead(say.margin), number(t[8]), number(t[9])),
      row(say.travel, t[13].length ? "–" : "0", t[11].toFixed(0)));
    figures.append(head, body);
    const work = node("table"), wh = node("thead"), wr = node("tr"), wb = node("tbody");
    wr.append(Object.assign(node("th", say.service), { scope: "col" }), Object.assign(node("th", say.today), { scope: "col" }), Object.assign(node("th", say.package), { scope: "col" }));
    wh.append(wr);
    [...t[10]].forEach((sign, place) => {
      if (sign === "-") return;
      const [label, home] = data.services[place], after = who(sign, code, place);
      const was = t[13].map((n) => data.before[n]).find((b) => b[1] === place), now = sign === "w" ? bodyOf(code, place) : undefined;
      const same = was && now ? [...was[0]].sort().join() === [...now[1]].sort().join() : !was && tierOf[home] === after;
      const before = same ? after : was ? say.body_today.replace("{count}", was[0].length) : tierOf[home];
      const tr = node("tr"), th = node("th", label); th.scope = "row";
      tr.append(th, node("td", before), same ? node("td", after) : (() => { const td = node("td"); td.append(node("strong", after)); return td; })());
      wb.append(tr);
    });
    work.append(wh, wb);
    const partners = node("ul");
    t[12].forEach((n) => { const b = data.bodies[n]; partners.append(node("li", `${say.body.replace("{hub}", b[0])}: ${b[1].map((c) => ja || !towns[c][1] ? towns[c][0] : towns[c][1]).join(ja ? "、" : ", ")} — ${b[2].map((s) => data.services[s][0]).join(ja ? "、" : ", ")}`)); });
    answer.replaceChildren(node("h3", called(t)), figures, ...(t[12].length ? [node("h3", say.bodies), partners] : []), node("h3", say.services), work);
    list.replaceChildren();
  }
  if (box) box.addEventListener("input", () => {
    const codes = find(box.value);
    if (codes.length === 1) { show(codes[0]); return; }
    answer.replaceChildren(box.value && !codes.length ? node("p", say.none) : "");
    fill(codes);
  });

  // ---- the matrix: only what changes; printing shows what is folded
  const only = document.getElementById("only-changed");
  if (only) only.addEventListener("change", () => document.querySelectorAll(".roles tr.same").forEach((tr) => { tr.hidden = only.checked; }));
  let closed = [];
  window.addEventListener("beforeprint", () => { closed = [...document.querySelectorAll("details:not([open])")]; closed.forEach((d) => { d.open = true; }); });
  window.addEventListener("afterprint", () => closed.forEach((d) => { d.open = false; }));
})();
