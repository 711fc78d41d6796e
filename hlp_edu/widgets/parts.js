// Pieces of a picture on a canvas, and of a panel of controls. What a colour means is said in plotting/style.py.

const ROLES = ["ink", "soft", "grid", "paper", "pale", "target", "output", "optimum", "canonical", "flip", "costate",
  "positive", "negative"];

/** The palette as the page has it now: it differs in a dark theme. */
export function palette(root) {
  const style = getComputedStyle(root);
  return Object.fromEntries(ROLES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** An element with attributes and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** A slider with its name and its value; `set` moves it, `dim` says that it does nothing now. */
export function slider(name, { min, max, step, value, unit = "", note = "" }, moved) {
  const shown = make("output", {}, "");
  const input = make("input", { type: "range", min, max, step, value, "aria-label": note ? `${name}, ${note}` : name });
  const write = () => {
    const words = `${+(+input.value).toFixed(2)}${unit}`.replace("-", "−");
    shown.value = words;
    input.setAttribute("aria-valuetext", words);
  };
  input.addEventListener("input", () => { write(); moved(+input.value); });
  write();
  const element = make("label", { class: "hlp-dial", title: note || undefined }, make("span", {}, name), input, shown);
  return {
    element,
    input,
    set(value) { input.value = value; write(); },
    dim(off) { input.disabled = off; element.classList.toggle("off", off); off ? (shown.value = "–") : write(); },
  };
}

/** One of several names, as buttons that the arrow keys go through (a radio group). */
export function choice(legend, names, chosen, picked) {
  const group = `hlp-${Math.random().toString(36).slice(2)}`;
  const inputs = new Map();
  const box = make("fieldset", { class: "hlp-choice" }, make("legend", {}, legend));
  for (const [name, note] of Object.entries(names)) {
    const input = make("input", { type: "radio", name: group, value: name, onchange: () => picked(name) });
    input.checked = name === chosen;
    inputs.set(name, input);
    box.append(make("label", { title: note }, input, make("span", {}, name)));
  }
  return { element: box, set(name) { if (inputs.has(name)) inputs.get(name).checked = true; } };
}

/** Whether the reader asked for less motion. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A canvas as sharp as the screen, whose context measures in the page's pixels. */
export class Surface {
  constructor(canvas) {
    this.canvas = canvas;
    this.k = canvas.getContext("2d");
    this.width = this.height = 0;
  }

  /** Clear it, and make it as large as the page shows it. */
  begin(paper) {
    const { canvas, k } = this;
    const sharp = Math.min(2, globalThis.devicePixelRatio || 1);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * sharp) || canvas.height !== Math.round(height * sharp)) {
      canvas.width = Math.round(width * sharp);
      canvas.height = Math.round(height * sharp);
    }
    Object.assign(this, { width, height });
    k.setTransform(sharp, 0, 0, sharp, 0, 0);
    k.globalAlpha = 1;
    k.fillStyle = paper;
    k.fillRect(0, 0, width, height);
    k.lineCap = k.lineJoin = "round";
    return k;
  }

  line(points, colour, width = 2, dash = []) {
    const { k } = this;
    k.strokeStyle = colour;
    k.lineWidth = width;
    k.setLineDash(dash);
    k.beginPath();
    for (let n = 0; n < points.length; n += 2) n ? k.lineTo(points[n], points[n + 1]) : k.moveTo(points[n], points[n + 1]);
    k.stroke();
    k.setLineDash([]);
  }

  disc(x, y, radius, fill, edge, width = 1.5) {
    const { k } = this;
    k.beginPath();
    k.arc(x, y, radius, 0, 2 * Math.PI);
    if (fill) { k.fillStyle = fill; k.fill(); }
    if (edge) { k.strokeStyle = edge; k.lineWidth = width; k.stroke(); }
  }

  text(words, x, y, colour, { size = 13, bold = false, align = "left", halo } = {}) {
    const { k } = this;
    k.font = `${bold ? "600 " : ""}${size}px "Source Sans Pro", "Source Sans 3", system-ui, sans-serif`;
    k.textAlign = align;
    k.textBaseline = "middle";
    if (halo) { k.strokeStyle = halo; k.lineWidth = 4; k.strokeText(words, x, y); }
    k.fillStyle = colour;
    k.fillText(words, x, y);
    return k.measureText(words).width;
  }
}

/** The last moments of several numbers, a row each time; old rows are written over. */
export class Trace {
  constructor(columns, rows = 2048) {
    Object.assign(this, { columns, rows, data: new Float64Array(columns * rows), count: 0 });
  }

  push(...row) {
    this.data.set(row, (this.count++ % this.rows) * this.columns);
  }

  clear() { this.count = 0; }

  /** Call with each row whose time (its first number) is at least t, the oldest first. */
  since(t, each) {
    const first = Math.max(0, this.count - this.rows);
    let low = first, high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.data[(middle % this.rows) * this.columns] < t) low = middle + 1;
      else high = middle;
    }
    for (let n = low; n < this.count; n++) each(this.data, (n % this.rows) * this.columns);
  }
}

/** Where the arcs of a fully connected network lie: neuron 1 at the left, next to its line; the bias in the middle. */
export function places(n, width, height) {
  const radius = Math.min(width, height) * 0.35, at = [];
  for (let i = 0; i < n; i++) {
    const angle = Math.PI + (2 * Math.PI * i) / n;
    at.push([width / 2 + radius * Math.cos(angle), height / 2 + radius * Math.sin(angle)]);
  }
  at.push(n === 1 ? [width / 2 + radius, height / 2] : [width / 2, height / 2]);
  const size = Math.max(7, Math.min(20, 0.62 * radius * Math.sin(Math.PI / Math.max(4, n))));
  return { at, size, centre: [width / 2, height / 2] };
}

/** Neurons lit by their states, arcs by their weights, and credit on its way back from heads to tails. */
export function network(surface, run, colours, beat) {
  const k = surface.begin(colours.paper), { n, m, x, w, credit } = run;
  const { at, size, centre } = places(n, surface.width, surface.height);
  const way = (i, j) => { // from j to i: start, bend, end
    const [x1, y1] = at[j], [x2, y2] = at[i];
    return [x1, y1, (x1 + x2) / 2 + (y2 - y1) * 0.14, (y1 + y2) / 2 - (x2 - x1) * 0.14, x2, y2];
  };
  // Arcs of one sign and about one width are one path: a stroke costs more than a curve.
  const bins = new Map();
  const faint = n > 8 ? 0.06 : 0.02;
  for (let arc = 0; arc < m; arc++) {
    const size = Math.abs(w[arc]);
    if (size < faint) continue;
    const key = Math.sign(w[arc]) * Math.ceil(Math.min(1.2, size) * 5);
    if (!bins.has(key)) bins.set(key, []);
    bins.get(key).push(arc);
  }
  for (const [key, arcs] of [...bins].sort(([a], [b]) => Math.abs(a) - Math.abs(b))) {
    k.strokeStyle = key > 0 ? colours.positive : colours.negative;
    k.globalAlpha = Math.min(0.85, (n > 8 ? 0.1 : 0.3) + 0.13 * Math.abs(key));
    k.lineWidth = (n > 8 ? 0.7 : 1) * (0.4 + 1.1 * Math.abs(key));
    k.setLineDash(key > 0 ? [] : [5, 3 + k.lineWidth]);
    k.beginPath();
    for (const arc of arcs) {
      const i = Math.floor(arc / (n + 1)), j = arc % (n + 1);
      if (i === j) {
        const [x1, y1] = at[i], out = Math.atan2(y1 - centre[1], x1 - centre[0]);
        const [cx, cy] = [x1 + 1.25 * size * Math.cos(out), y1 + 1.25 * size * Math.sin(out)];
        k.moveTo(cx + 0.75 * size, cy);
        k.arc(cx, cy, 0.75 * size, 0, 2 * Math.PI);
      } else {
        const [x1, y1, x2, y2, x3, y3] = way(i, j);
        k.moveTo(x1, y1);
        k.quadraticCurveTo(x2, y2, x3, y3);
      }
    }
    k.stroke();
    k.setLineDash([]);
    k.fillStyle = k.strokeStyle;
    for (const arc of n > 8 ? [] : arcs) {
      const i = Math.floor(arc / (n + 1)), j = arc % (n + 1);
      if (i !== j) head(k, way(i, j), size + (i ? 1 : 5), 4 + 0.8 * k.lineWidth);
    }
  }
  k.globalAlpha = 1;
  reports(surface, run, colours, way, beat);
  for (let i = 0; i <= n; i++) {
    const [x1, y1] = at[i], value = i === n ? 1 : x[i];
    const tint = value > 0 ? colours.positive : colours.negative;
    const body = (fill, edge, width) => {
      if (i < n) return surface.disc(x1, y1, size, fill, edge, width);
      k.beginPath();
      const half = Math.max(16, 0.9 * size);
      k.rect(x1 - half, y1 - half, 2 * half, 2 * half);
      if (fill) { k.fillStyle = fill; k.fill(); }
      if (edge) { k.strokeStyle = edge; k.lineWidth = width; k.stroke(); }
    };
    body(colours.paper);
    k.globalAlpha = i === n ? 0 : Math.min(1, Math.abs(value));
    body(tint);
    k.globalAlpha = 1;
    body(null, i === 0 ? colours.output : colours.soft, i === 0 ? 2.5 : 1.3);
    if (i === 0) surface.disc(x1, y1, size + 3.5, null, colours.output, 1.5);
    if (size < 9 && i && i < n) continue;
    const name = i === n ? "bias" : String(i + 1);
    const lit = i < n && Math.abs(value) > 0.5 && parseInt(colours.paper.slice(1, 3), 16) > 127; // white on the colour
    surface.text(name, x1, y1 + 1, lit ? colours.paper : colours.ink, { size: i === n ? 13 : Math.max(10, Math.min(13, size)), bold: true, align: "center" });
  }
}

/** The point of an arc: a triangle that ends `gap` before its head. */
function head(k, [, , x2, y2, x3, y3], gap, long) {
  const angle = Math.atan2(y3 - y2, x3 - x2), [c, s] = [Math.cos(angle), Math.sin(angle)];
  const [x, y] = [x3 - gap * c, y3 - gap * s];
  k.beginPath();
  k.moveTo(x, y);
  k.lineTo(x - long * c + 0.5 * long * s, y - long * s - 0.5 * long * c);
  k.lineTo(x - long * c - 0.5 * long * s, y - long * s + 0.5 * long * c);
  k.fill();
}

/** The credit that moves the arcs, g_i x_j of (8): dots that go back from head to tail, larger for more credit. */
function reports(surface, run, colours, way, beat) {
  const { n, x, credit } = run, found = [];
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= n; j++) {
      const size = Math.abs(credit[i] * (j < n ? x[j] : 1));
      if (i !== j && size > 0.3) found.push([size, i, j]);
    }
  found.sort((a, b) => b[0] - a[0]);
  for (const [size, i, j] of found.slice(0, 24)) {
    const [x1, y1, x2, y2, x3, y3] = way(i, j), u = 1 - ((beat + 0.37 * i + 0.61 * j) % 1), v = 1 - u;
    const [at, high] = [v * v * x1 + 2 * u * v * x2 + u * u * x3, v * v * y1 + 2 * u * v * y2 + u * u * y3];
    surface.disc(at, high, 2 + 4 * Math.min(1, Math.sqrt(size / 30)), colours.costate, colours.paper, 1);
  }
}
