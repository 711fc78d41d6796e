// Lesson 08's instrument: one slider turns the sign in the law of p, and a saddle becomes a spiral around one point.
//
// x' = a x - p / r, p' = -s (q (x - z) + a p), which is (10) for x' = a x + v: s = 1 is canonical, s = -1 flipped.

import { Surface, calm, make, palette, slider } from "./parts.js";

export const PROBLEM = { q: 10, r: 0.1, z: 0.8 };
const VIEW = { x: [-0.7, 2.3], p: [-1.5, 1.5] };
const DOTS = 260, LIFE = 1.2; // moving dots, and how long each lives, in time units

/** The matrix of the two laws. */
export const matrix = (s, a) => [[a, -1 / PROBLEM.r], [-s * PROBLEM.q, -s * a]];

/** Its eigenvalues [real, imaginary], (13): half the trace, and the root of what is left. */
export function eigenvalues(s, a) {
  const [[m11, m12], [m21, m22]] = matrix(s, a);
  const half = (m11 + m22) / 2, left = half * half - (m11 * m22 - m12 * m21);
  const root = Math.sqrt(Math.abs(left));
  return left >= 0 ? [[half + root, 0], [half - root, 0]] : [[half, root], [half, -root]];
}

/** Where nothing moves; the same for every s but 0. */
export function rest(a) {
  const { q, r, z } = PROBLEM, x = (q * z) / (q + a * a * r);
  return [x, a * r * x];
}

/** The path from (x, p), by classical Runge-Kutta, until it leaves the picture or the time is up. */
export function path(s, a, [x, p], T, h = 0.005) {
  const [[m11, m12], [m21, m22]] = matrix(s, a), [x0, p0] = rest(a), points = [x, p];
  const f = (u, v) => [m11 * (u - x0) + m12 * (v - p0), m21 * (u - x0) + m22 * (v - p0)];
  for (let t = 0; t < T - h / 2; t += h) {
    const [k1, l1] = f(x, p), [k2, l2] = f(x + (h / 2) * k1, p + (h / 2) * l1);
    const [k3, l3] = f(x + (h / 2) * k2, p + (h / 2) * l2), [k4, l4] = f(x + h * k3, p + h * l3);
    x += (h / 6) * (k1 + 2 * k2 + 2 * k3 + k4), p += (h / 6) * (l1 + 2 * l2 + 2 * l3 + l4);
    points.push(x, p);
    if (Math.abs(x) > 8 || Math.abs(p) > 8) break;
  }
  return points;
}

/** What the picture shows, in words. */
export function sayings(s, a) {
  const [[one, turn], [two]] = eigenvalues(s, a), n = (value) => value.toFixed(2).replace("-", "−");
  if (Math.abs(s) < 1e-9) return `s = 0: p does not move, and one eigenvalue is 0. Here the saddle ends${a < 0 ? "" : ", and nothing pulls the run in"}.`;
  const name = s === 1 ? "canonical" : s === -1 ? "flipped" : "in between";
  const begin = `s = ${n(s)} (${name}): `;
  if (s > 0) return `${begin}a saddle. One direction grows at the rate ${n(one)}, one shrinks at ${n(two)}; a run that does not start on the knife edge is thrown out.`;
  if (!turn) return `${begin}a node, both rates real: ${n(one)} and ${n(two)}.`;
  if (Math.abs(one) < 1e-9) return `${begin}a centre: the run turns at the rate ${n(turn)}, and comes no nearer. Without a leak the flip does not settle.`;
  return `${begin}a spiral. It turns at the rate ${n(turn)} and ${one < 0 ? `shrinks at ${n(one)}: the run ends at the rest point` : `grows at ${n(one)}: the leak has the wrong sign, and the flip cannot repair it`}.`;
}

/** Build the instrument inside an element; `settings`: sign and leak; `changed(name, value)` hears the reader. */
export function spiral(root, { settings = {}, changed = () => {} } = {}) {
  const now = { sign: 1, leak: -1, ...settings };
  const plane = make("canvas", { class: "hlp-plane", role: "img" }), spectrum = make("canvas", { class: "hlp-spectrum", role: "img" });
  const status = make("p", { class: "hlp-status", role: "status", "aria-live": "polite" });
  const dials = {
    sign: slider("sign s", { min: -1, max: 1, step: 0.01, value: now.sign, note: "1 is canonical, minus 1 is flipped" }, (v) => set("sign", v)),
    leak: slider("leak a", { min: -2, max: 0.5, step: 0.1, value: now.leak, note: "of the state; below 0 it forgets" }, (v) => set("leak", v)),
  };
  const play = make("button", { type: "button", "aria-pressed": "false", onclick: () => turn(!turning) }, "Turn the sign");
  const ends = make("button", { type: "button", onclick: () => { turn(false); set("sign", now.sign < 0 ? 1 : -1); } }, "Flip it");
  root.classList.add("hlp-live");
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.append(
    make("div", { class: "hlp-row" }, ...Object.values(dials).map((dial) => dial.element), ends, play),
    make("div", { class: "hlp-stage even" }, plane, spectrum),
    status,
  );
  const [left, right] = [new Surface(plane), new Surface(spectrum)];
  const random = (low, high) => low + (high - low) * Math.random();
  const dots = Array.from({ length: DOTS }, () => [random(...VIEW.x), random(...VIEW.p), Math.random() * LIFE]);
  let turning = false, way = -1, before = null, ended = false, age = 0, colours, seen = true, quiet = 0, dirty = true;

  function set(name, value, loud = true) {
    if (now[name] === value) return;
    now[name] = value;
    dials[name].set(value);
    dirty = true;
    if (loud) { words(); changed(name, value); }
  }

  function turn(on) {
    turning = on;
    if (on) way = now.sign > 0 ? -1 : 1;
    play.setAttribute("aria-pressed", String(on));
    play.textContent = on ? "Stop" : "Turn the sign";
  }

  function words() {
    const text = sayings(now.sign, now.leak);
    status.textContent = text;
    plane.setAttribute("aria-label", `State and costate around the rest point. ${text}`);
    spectrum.setAttribute("aria-label", `Two eigenvalues in the complex plane: ${eigenvalues(now.sign, now.leak).map(([re, im]) => `${re.toFixed(2)}${im ? ` ${im > 0 ? "+" : "−"} ${Math.abs(im).toFixed(2)} i` : ""}`).join(" and ")}.`.replaceAll("-", "−"));
  }

  function draw(passed) {
    if (age++ % 20 === 0) colours = palette(root);
    flow(passed);
    rates();
    dirty = false;
  }

  function flow(passed) {
    const k = left.begin(colours.paper), { width, height } = left, scale = Math.min(width / 3, height / 3);
    const X = (x) => width / 2 + (x - 0.8) * scale, P = (p) => height / 2 - p * scale;
    const { sign: s, leak: a } = now, [[m11, m12], [m21, m22]] = matrix(s, a), [x0, p0] = rest(a);
    const wide = [0.8 - width / 2 / scale, 0.8 + width / 2 / scale], tall = [-height / 2 / scale, height / 2 / scale];
    left.line([X(wide[0]), P(0), X(wide[1]), P(0)], colours.grid, 1);
    left.line([X(0), P(tall[0]), X(0), P(tall[1])], colours.grid, 1);
    k.strokeStyle = colours.soft;
    k.lineWidth = 1.2;
    k.globalAlpha = 0.55;
    k.beginPath();
    const longest = 18 / scale; // of a dash, so that the fast parts do not cover the slow ones
    for (const dot of dots) {
      const dx = m11 * (dot[0] - x0) + m12 * (dot[1] - p0), dp = m21 * (dot[0] - x0) + m22 * (dot[1] - p0);
      dot[0] += passed * dx, dot[1] += passed * dp, dot[2] += passed;
      if (dot[2] > LIFE || dot[0] < wide[0] || dot[0] > wide[1] || Math.abs(dot[1]) > tall[1])
        dot.splice(0, 3, random(...wide), random(...tall), Math.random() * 0.3 * LIFE);
      const back = Math.min(0.03, longest / Math.hypot(dx, dp));
      k.moveTo(X(dot[0]), P(dot[1]));
      k.lineTo(X(dot[0] - back * dx), P(dot[1] - back * dp));
    }
    k.stroke();
    k.globalAlpha = 1;
    const draw = (points, ...look) => left.line(points.map((value, n) => (n % 2 ? P(value) : X(value))), ...look);
    const values = eigenvalues(s, a), edge = ([rate]) => { // a direction that stays one
      const [dx, dp] = [-m12, m11 - rate], far = 6 / Math.hypot(dx, dp);
      return [x0 - far * dx, p0 - far * dp, x0 + far * dx, p0 + far * dp];
    };
    if (s > 0) {
      draw(edge(values[1]), colours.optimum, 2.6);
      draw(edge(values[0]), colours.canonical, 1.4, [7, 3, 1.5, 3]);
    }
    const run = path(s, a, [0, 0], 6);
    draw(run, s > 0 ? colours.canonical : colours.flip, 2.4, s > 0 ? [] : [7, 3]);
    left.disc(X(0), P(0), 4, colours.ink);
    left.text("start", X(0) - 8, P(0) + 13, colours.ink, { size: 13, align: "right", halo: colours.paper });
    const [cx, cy] = [X(x0), P(p0)];
    k.fillStyle = colours.ink;
    k.beginPath();
    k.moveTo(cx, cy - 7), k.lineTo(cx + 7, cy), k.lineTo(cx, cy + 7), k.lineTo(cx - 7, cy);
    k.fill();
    left.text("rest point", cx + 10, cy + 14, colours.ink, { size: 13, bold: true, halo: colours.paper });
    if (s > 0) {
      const [dx, dp] = [-m12, m11 - values[1][0]], far = 0.95 / Math.hypot(dx, dp), side = dp / dx > 0 ? 1 : -1;
      const [gx, gp] = [-m12, m11 - values[0][0]], at = 1.0 / Math.hypot(gx, gp);
      left.text("growing", X(x0 + at * gx) - 10, P(p0 + at * gp), colours.canonical, { size: 13, align: "right", halo: colours.paper });
      left.text("knife edge", X(x0 + far * dx) + 8, P(p0 + far * dp) + 14 * side, colours.optimum, { bold: true, halo: colours.paper });
    }
    left.text("state x", width - 8, P(0) - 10, colours.soft, { size: 12, align: "right", halo: colours.paper });
    left.text("costate p", X(0) + 6, 12, colours.soft, { size: 12, halo: colours.paper });
    left.text(s > 0 ? "canonical run" : "flipped run", 10, height - 14, s > 0 ? colours.canonical : colours.flip, { bold: true, halo: colours.paper });
  }

  function rates() {
    const k = right.begin(colours.paper), { width, height } = right, scale = Math.min(width, height) / 25;
    const X = (re) => width / 2 + re * scale, Y = (im) => height / 2 - im * scale;
    k.fillStyle = colours.flip;
    k.globalAlpha = 0.08;
    k.fillRect(X(0), 0, width, height);
    k.globalAlpha = 1;
    right.line([0, Y(0), width, Y(0)], colours.grid, 1);
    right.line([X(0), 0, X(0), height], colours.soft, 1);
    for (const tick of [-10, 10]) {
      right.text(String(tick).replace("-", "−"), X(tick), Y(0) + 13, colours.soft, { size: 12, align: "center" });
      right.text(`${tick} i`.replace("-", "−"), X(0) + 6, Y(tick), colours.soft, { size: 12 });
    }
    const trail = [[], []];
    for (let u = 1; u >= -1.0001; u -= 0.02) eigenvalues(u ** 3, now.leak).forEach(([re, im], n) => trail[n].push(X(re), Y(im)));
    for (const points of trail) right.line(points, colours.pale, 2);
    right.text("shrinks", 10, 14, colours.soft, { size: 13 });
    right.text("grows", width - 10, 14, colours.flip, { size: 13, align: "right", bold: true });
    right.text("eigenvalues", 10, height - 14, colours.ink, { bold: true });
    for (const [re, im] of eigenvalues(now.sign, now.leak)) right.disc(X(re), Y(im), 7, re > 1e-9 ? colours.flip : colours.output, colours.paper, 2);
  }

  function frame(clock) {
    if (ended) return;
    requestAnimationFrame(frame);
    if (!root.isConnected || !seen || !plane.clientWidth) return void (before = null);
    const passed = before === null ? 0 : Math.min(50, clock - before) / 1000;
    before = clock;
    if (turning) {
      const to = Math.max(-1, Math.min(1, now.sign + way * 0.35 * passed));
      set("sign", to, Math.abs(to) === 1);
      if (Math.abs(to) === 1) turn(false);
      else if ((quiet += passed) > 1.5) { quiet = 0; words(); } // not every frame is announced
    }
    if (!calm() || dirty || age % 20 === 0) draw(calm() ? 0 : 0.25 * passed);
    else age++;
  }

  const sight = new IntersectionObserver((entries) => { seen = entries.at(-1).isIntersecting; });
  sight.observe(plane);
  words();
  requestAnimationFrame(frame);
  const instrument = {
    set,
    end() { ended = true; sight.disconnect(); },
    get now() { return { ...now }; },
    get frames() { return age; },
  };
  root.instrument = instrument;
  return instrument;
}
