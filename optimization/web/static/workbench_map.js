// The map of the workbench, drawn on a canvas from the outlines of the case: zoom, pan, names by zoom, a cursor for the
// keyboard. What is painted and what a click does are given by other files (`atlas.colour`, `atlas.act`).
export const atlas = {
  of: null, k: 1, x: 0, y: 0, least: 1, cursor: -1, whole: true, // whether all of it is shown, also when the size changes
  colour: () => "#dfe5ea", lines: [], act: () => {}, told: () => "", keys: {}, opened: [], drag: () => false, moved: () => {},
};
export const box = document.getElementById("map");
const canvas = box.querySelector("canvas"), pen = canvas.getContext("2d");
const MOST = 3, FINE = [1, 6, 24], SEA = "#f4f8fb";

export async function openAtlas() {
  atlas.of = await (await fetch(data.map)).json();
  atlas.number = new Map(atlas.of.codes.map((code, i) => [code, i]));
  outlines();
  edges();
  resized();
  whole();
  for (const each of atlas.opened) each();
  shown();
}

// ---- geometry

function outlines() {
  atlas.rings = atlas.of.codes.map(() => []);
  for (const ring of atlas.of.rings) {
    const points = new Int32Array(ring.length - 1);
    points[0] = ring[1];
    points[1] = ring[2];
    for (let n = 3; n < ring.length; n += 2) {
      points[n - 1] = points[n - 3] + ring[n];
      points[n] = points[n - 2] + ring[n + 1];
    }
    atlas.rings[ring[0]].push(points);
  }
  atlas.office = (i) => [atlas.of.office[2 * i], atlas.of.office[2 * i + 1]];
  atlas.rings.forEach((rings, i) => {
    if (rings.length) return;
    const [x, y] = atlas.office(i); // no outline: a small square at the town hall
    rings.push(Int32Array.of(x - 15, y - 15, x + 15, y - 15, x + 15, y + 15, x - 15, y + 15));
  });
  atlas.bounds = atlas.rings.map((rings) => {
    const bound = [Infinity, Infinity, -Infinity, -Infinity];
    for (const points of rings)
      for (let n = 0; n < points.length; n += 2) {
        bound[0] = Math.min(bound[0], points[n]);
        bound[1] = Math.min(bound[1], points[n + 1]);
        bound[2] = Math.max(bound[2], points[n]);
        bound[3] = Math.max(bound[3], points[n + 1]);
      }
    return bound;
  });
  atlas.paths = FINE.map(() => null);
}

function pathsAt(level) {
  if (atlas.paths[level]) return atlas.paths[level];
  const step = FINE[level];
  atlas.paths[level] = atlas.rings.map((rings) => {
    const path = new Path2D();
    for (const points of rings) {
      let x = Math.round(points[0] / step) * step, y = Math.round(points[1] / step) * step, more = 0;
      path.moveTo(x, y);
      for (let n = 2; n < points.length; n += 2) {
        const nextX = Math.round(points[n] / step) * step, nextY = Math.round(points[n + 1] / step) * step;
        if (nextX === x && nextY === y) continue;
        path.lineTo((x = nextX), (y = nextY));
        more += 1;
      }
      if (more < 2) {
        path.lineTo(x + step, y);
        path.lineTo(x, y + step);
      }
      path.closePath();
    }
    return path;
  });
  return atlas.paths[level];
}

// every side of an outline once: its ends, and the places on both sides (-1: the sea)
function edges() {
  const known = new Map(), found = [];
  const key = (x, y) => x * 65536 + y;
  atlas.rings.forEach((rings, i) => {
    for (const points of rings)
      for (let n = 0; n < points.length; n += 2) {
        const m = (n + 2) % points.length;
        const a = key(points[n], points[n + 1]), b = key(points[m], points[m + 1]);
        if (a === b) continue;
        const name = a < b ? `${a} ${b}` : `${b} ${a}`, other = known.get(name);
        if (other === undefined) {
          known.set(name, found.length);
          found.push([points[n], points[n + 1], points[m], points[m + 1], i, -1]);
        } else found[other][5] = i;
      }
  });
  atlas.edges = found;
  atlas.prefectures = linesWhere((i, j) => j >= 0 && atlas.of.groups.prefecture[i] !== atlas.of.groups.prefecture[j]);
  atlas.beside = atlas.of.codes.map(() => new Set());
  for (const [, , , , i, j] of found)
    if (j >= 0 && i !== j) {
      atlas.beside[i].add(j);
      atlas.beside[j].add(i);
    }
}

export function linesWhere(test) {
  const path = new Path2D();
  for (const [x, y, toX, toY, i, j] of atlas.edges)
    if (test(i, j)) {
      path.moveTo(x, y);
      path.lineTo(toX, toY);
    }
  return path;
}

// ---- drawing

export function draw() {
  atlas.moved();
  if (!atlas.of || draw.waits) return;
  draw.waits = true;
  requestAnimationFrame(() => {
    draw.waits = false;
    paint();
  });
}

function paint() {
  const started = performance.now(), dots = devicePixelRatio || 1, { k, x, y } = atlas;
  const wide = canvas.width / dots, high = canvas.height / dots;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.fillStyle = SEA;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.setTransform(k * dots, 0, 0, k * dots, x * dots, y * dots);
  const paths = pathsAt(k < 0.06 ? 2 : k < 0.25 ? 1 : 0), near = k > 0.12, seen = [];
  pen.lineJoin = "round";
  atlas.bounds.forEach(([left, top, right, bottom], i) => {
    if (right * k + x < 0 || left * k + x > wide || bottom * k + y < 0 || top * k + y > high) return;
    seen.push(i);
    pen.fillStyle = atlas.colour(i);
    pen.fill(paths[i]);
  });
  pen.strokeStyle = "#8a939c";
  pen.lineWidth = 0.6 / k;
  if (near) for (const i of seen) pen.stroke(paths[i]);
  pen.strokeStyle = "#5b646e";
  pen.lineWidth = 1 / k;
  pen.stroke(atlas.prefectures);
  for (const [path, colour, width] of atlas.lines) {
    pen.strokeStyle = colour;
    pen.lineWidth = width / k;
    pen.stroke(path);
  }
  if (atlas.cursor >= 0)
    for (const [colour, width] of [["#ffffff", 5], ["#000000", 2.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width / k;
      pen.stroke(pathsAt(0)[atlas.cursor]);
    }
  pen.strokeStyle = "#aab3bc";
  pen.lineWidth = 1 / k;
  for (const frame of atlas.of.frames) pen.strokeRect(...frame);
  names(dots, seen, wide, high);
  Object.assign(box.dataset, { ms: (performance.now() - started).toFixed(1), k, x, y, drawn: seen.length });
}

// names of prefectures from afar, of municipalities from near, the largest first, none upon another
function names(dots, seen, wide, high) {
  pen.setTransform(dots, 0, 0, dots, 0, 0);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  const far = atlas.k < 0.1, taken = [];
  const places = far ? prefectureNames() : seen.map((i) => [atlas.of.names[i], ...atlas.office(i), atlas.of.people[i], i]);
  pen.font = far ? "600 13px system-ui, sans-serif" : "12px system-ui, sans-serif";
  places.sort((a, b) => b[3] - a[3]);
  let count = 0;
  for (const [name, atX, atY, , i] of places) {
    const x = atX * atlas.k + atlas.x, y = atY * atlas.k + atlas.y, half = pen.measureText(name).width / 2 + 2;
    if (x < 0 || x > wide || y < 0 || y > high || count > 150) continue;
    const spot = [x - half, y - 9, x + half, y + 9];
    if (i !== atlas.cursor && taken.some((t) => t[0] < spot[2] && spot[0] < t[2] && t[1] < spot[3] && spot[1] < t[3])) continue;
    taken.push(spot);
    count += 1;
    pen.strokeStyle = "rgba(255,255,255,.9)";
    pen.lineWidth = 3;
    pen.strokeText(name, x, y);
    pen.fillStyle = "#1b1f24";
    pen.fillText(name, x, y);
  }
}

function prefectureNames() {
  if (!atlas.homes) {
    const sums = new Map();
    atlas.of.homes.forEach((home, i) => {
      const [x, y] = atlas.office(i), people = atlas.of.people[i], sum = sums.get(home) || [0, 0, 0];
      sums.set(home, [sum[0] + x * people, sum[1] + y * people, sum[2] + people]);
    });
    atlas.homes = [...sums].map(([home, [x, y, people]]) => [home, x / people, y / people, people]);
  }
  return [...atlas.homes];
}

// ---- where one looks

function resized() {
  const dots = devicePixelRatio || 1, wide = box.clientWidth, high = box.clientHeight;
  if (!wide || !high) return;
  canvas.width = Math.round(wide * dots);
  canvas.height = Math.round(high * dots);
  if (!atlas.of) return;
  const [width, height] = atlas.of.size;
  atlas.least = Math.min(wide / width, high / height);
  if (atlas.whole) whole();
  else draw();
}

function whole() {
  const [width, height] = atlas.of.size;
  atlas.whole = true;
  atlas.k = atlas.least;
  atlas.x = (box.clientWidth - width * atlas.k) / 2;
  atlas.y = (box.clientHeight - height * atlas.k) / 2;
  draw();
}

function zoom(factor, x = box.clientWidth / 2, y = box.clientHeight / 2) {
  const k = Math.min(MOST, Math.max(atlas.least * 0.8, atlas.k * factor));
  atlas.x = x - ((x - atlas.x) * k) / atlas.k;
  atlas.y = y - ((y - atlas.y) * k) / atlas.k;
  atlas.k = k;
  atlas.whole = false;
  draw();
}

// what is looked at, as an address can say it: pixels for a unit, and the place in the middle; null for all of it
export const seen = () => (atlas.whole ? null : [Number(atlas.k.toPrecision(4)), ...[[box.clientWidth, atlas.x], [box.clientHeight, atlas.y]].map(([size, at]) => Math.round((size / 2 - at) / atlas.k))]);

export function see(view) {
  const fits = Array.isArray(view) && view.length === 3 && view.every(Number.isFinite);
  if (!fits) return whole();
  zoom(view[0] / atlas.k);
  return pan(box.clientWidth / 2 - view[1] * atlas.k - atlas.x, box.clientHeight / 2 - view[2] * atlas.k - atlas.y);
}

function pan(x, y) {
  const [width, height] = atlas.of.size, room = 60;
  atlas.whole = false;
  atlas.x = Math.min(box.clientWidth - room, Math.max(room - width * atlas.k, atlas.x + x));
  atlas.y = Math.min(box.clientHeight - room, Math.max(room - height * atlas.k, atlas.y + y));
  draw();
}

// the cursor on a place, brought into sight; `near` looks closer too
export function point(i, near = false) {
  atlas.cursor = i;
  if (near && atlas.k < 0.2) zoom(0.2 / atlas.k);
  const [x, y] = atlas.office(i), atX = x * atlas.k + atlas.x, atY = y * atlas.k + atlas.y, room = 50;
  const wide = box.clientWidth, high = box.clientHeight;
  if (near || atX < room || atX > wide - room || atY < room || atY > high - room) pan(wide / 2 - atX, high / 2 - atY);
  document.getElementById("map-said").textContent = say("map_pointed", { name: atlas.of.names[i], home: atlas.of.homes[i], told: atlas.told(i) });
  draw();
}

function placeAt(x, y) {
  const atX = (x - atlas.x) / atlas.k, atY = (y - atlas.y) / atlas.k, paths = pathsAt(0);
  pen.setTransform(1, 0, 0, 1, 0, 0);
  let nearest = -1, least = 14 / atlas.k;
  for (let i = 0; i < paths.length; i += 1) {
    const [left, top, right, bottom] = atlas.bounds[i];
    if (atX >= left && atX <= right && atY >= top && atY <= bottom && pen.isPointInPath(paths[i], atX, atY)) return i;
    const [officeX, officeY] = atlas.office(i), away = Math.hypot(officeX - atX, officeY - atY);
    if (away < least) [nearest, least] = [i, away];
  }
  return nearest;
}

function next(i, right, down) {
  const [x, y] = atlas.office(i);
  let best = -1, least = Infinity;
  atlas.of.codes.forEach((_, j) => {
    const [otherX, otherY] = atlas.office(j), ahead = (otherX - x) * right + (otherY - y) * down;
    const aside = Math.abs((otherX - x) * down) + Math.abs((otherY - y) * right);
    if (j === i || ahead <= 0 || aside > 2 * ahead) return;
    if (ahead + 2 * aside < least) [best, least] = [j, ahead + 2 * aside];
  });
  return best;
}

function middle() {
  const found = placeAt(box.clientWidth / 2, box.clientHeight / 2);
  return found >= 0 ? found : 0;
}

// ---- hands and keys

const fingers = new Map();
let moved = false, spread = 0;

box.addEventListener("pointerdown", (event) => {
  if (!atlas.of || event.target.closest("button")) return;
  fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
  box.setPointerCapture(event.pointerId);
  moved = false;
  spread = 0;
});
box.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const now = [event.offsetX, event.offsetY], others = [...fingers].filter(([id]) => id !== event.pointerId);
  if (Math.hypot(now[0] - before[0], now[1] - before[1]) < 3 && !moved && !others.length) return;
  moved = true;
  fingers.set(event.pointerId, now);
  if (others.length) {
    const other = others[0][1], far = Math.hypot(now[0] - other[0], now[1] - other[1]);
    if (spread) zoom(far / spread, (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    spread = far;
    pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
  } else if (!atlas.drag(placeAt(...now))) pan(now[0] - before[0], now[1] - before[1]);
});
const lifted = (event) => {
  if (!fingers.delete(event.pointerId)) return;
  if (atlas.drag(null)) moved = true;
  if (moved || event.type === "pointercancel") return;
  const i = placeAt(event.offsetX, event.offsetY);
  if (i < 0) return;
  point(i);
  atlas.act(i);
};
box.addEventListener("pointerup", lifted);
box.addEventListener("pointercancel", lifted);
box.addEventListener("wheel", (event) => {
  if (!atlas.of || !(event.ctrlKey || document.activeElement === box)) return; // else the page scrolls
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
}, { passive: false });

box.addEventListener("keydown", (event) => {
  if (!atlas.of || event.target !== box || event.ctrlKey || event.metaKey || event.altKey) return;
  const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  const way = ways[event.key];
  if (way && event.shiftKey) pan(-80 * way[0], -80 * way[1]);
  else if (way) {
    const to = atlas.cursor < 0 ? middle() : next(atlas.cursor, ...way);
    if (to >= 0) point(to);
  } else if (event.key === "+" || event.key === ";") zoom(1.5);
  else if (event.key === "-") zoom(1 / 1.5);
  else if (event.key === "0") whole();
  else if (event.key === "Enter" && atlas.cursor >= 0) atlas.act(atlas.cursor);
  else if (event.key.toLowerCase() in atlas.keys && atlas.cursor >= 0) atlas.keys[event.key.toLowerCase()](atlas.cursor);
  else return;
  event.preventDefault();
});
document.getElementById("zoom-in").addEventListener("click", () => zoom(1.6));
document.getElementById("zoom-out").addEventListener("click", () => zoom(1 / 1.6));
document.getElementById("zoom-whole").addEventListener("click", () => whole());
new ResizeObserver(resized).observe(box);
