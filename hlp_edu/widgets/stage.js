// The live instrument: a target that the reader moves, a network that follows it, and words for what happens.

import { Run, STEP, Target, randomStart } from "./live.js";
import { Surface, Trace, calm, choice, make, network, palette, slider } from "./parts.js";

const SAYINGS = {
  "damped flip": "the sign in the law of the costates (the error's messages) is flipped, so that it runs forward in time; friction calms the weights",
  "bare flip": "the same flip without friction: the weights swing, and nothing slows them down",
  "per-arc signs": "each arc chooses its own sign, and so imitates gradient flow without friction",
  "gradient flow": "each weight goes straight downhill, on what the two ends of its arc report",
  prospective: "gradient flow on what each neuron is heading for, instead of what it is",
  frozen: "the weights are held; move the target, and see what the network has learned",
  "no flip": "the exact laws of the best path, which need the end of time; run forward, the costates run away",
};
const SOURCES = { "my hand": "hand", "a wave": "wave", jumps: "jumps" };
const TASKS = [
  "Drag the target, or press the arrow keys. How closely does the output follow a slow move, and how a fast one?",
  "Choose no flip, then bare flip, then damped flip; press Start again after each. What did the flip do, and what friction?",
  "With damped flip, take friction to 0, 10 and 60. With too little it swings; with too much it lags.",
  "Freeze the weights, and move the target. What has the network learned?",
  "Choose jumps, and compare damped flip, gradient flow and prospective. Which has the smallest error?",
];
const SPAN = 10; // time units in the picture
const EVERY = 10; // steps from one point of the lines to the next
const WINDOW = 2; // time units over which the error is averaged
const REACH = 0.9; // of the target
const BUDGET = 8; // milliseconds of a frame for the laws; beyond that, time slows down

/**
 * Build the instrument inside an element.
 *
 * `settings`: policy, friction, speed, neurons; `changed(name, value)` is called when the reader changes one;
 * `drawn(message)` gets the target as it was drawn, piece by piece. Returns what the page may do with it.
 */
export function live(root, { settings = {}, changed = () => {}, drawn = () => {} } = {}) {
  const now = { policy: "damped flip", friction: 30, speed: 20, neurons: 5, ...settings };
  const target = new Target(), trace = new Trace(4), id = Math.random().toString(36).slice(2);
  let run, count = 0, seed = 1, before = null, paused = false, pace = 1, ended = false, marks = [], recorded, colours;
  let words = { due: Infinity, grade: null, said: null, since: 0 }, flatSince = 0, touched = false, age = 0, seen = true;
  let lastLaw = "damped flip", rmsNow = null, gone = false;

  // ---- the controls
  const plot = make("canvas", {
    class: "hlp-plot", tabindex: 0, role: "slider", "aria-label": "Target: arrow keys move it", "aria-orientation": "vertical",
    "aria-valuemin": -REACH, "aria-valuemax": REACH, "aria-valuenow": 0,
  });
  const net = make("canvas", { class: "hlp-net", role: "img", "aria-label": "The network" });
  const meaning = make("p", { class: "hlp-meaning", "aria-live": "polite" });
  const status = make("p", { class: "hlp-status", role: "status", "aria-live": "polite" });
  const { frozen: _, ...laws } = SAYINGS; // freezing is a button
  const law = choice("Law of the weights", laws, now.policy, (name) => set("policy", name));
  const source = choice("Target", { "my hand": "drag it, or use the arrow keys", "a wave": "0.8 sin t", jumps: "a new level every 2.5 time units" }, "a wave", (name) => take(SOURCES[name]));
  const dials = {
    friction: slider("friction", { min: 0, max: 60, step: 1, value: now.friction, note: "of the damped flip" }, (v) => set("friction", v)),
    speed: slider("speed c", { min: 2, max: 60, step: 1, value: now.speed, note: "how fast a neuron answers" }, (v) => set("speed", v)),
    neurons: slider("neurons", { min: 1, max: 20, step: 1, value: now.neurons, note: "starts again" }, (v) => set("neurons", v)),
    pace: slider("pace", { min: 0.1, max: 2, step: 0.1, value: 1, unit: "×", note: "time units a second" }, (v) => { pace = v; }),
  };
  const pause = make("button", { type: "button", onclick: () => hold(!paused) }, "Pause");
  const freeze = make("button", { type: "button", "aria-pressed": "false", onclick: () => set("policy", now.policy === "frozen" ? lastLaw : "frozen") }, "Freeze the weights");
  const again = make("button", { type: "button", onclick: () => { if (gone) hold(false); else begin(); say("Started again, with new random weights.", 3); } }, "Start again");
  const tasks = make("details", { class: "hlp-tasks" }, make("summary", {}, "Five things to try"), make("ol", {}, ...TASKS.map((task) => make("li", {}, task))));
  root.classList.add("hlp-live");
  root.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab would take the arrow keys
  root.append(
    make("div", { class: "hlp-row" }, law.element, source.element),
    meaning,
    make("div", { class: "hlp-stage" }, plot, net),
    status,
    make("div", { class: "hlp-row" }, ...Object.values(dials).map((dial) => dial.element)),
    make("div", { class: "hlp-row" }, pause, freeze, again),
    tasks,
  );
  const [lines, graph] = [new Surface(plot), new Surface(net)];

  // ---- what the reader does
  function set(name, value) {
    if (now[name] === value) return;
    now[name] = value;
    if (gone) hold(false);
    if (name === "policy") {
      if (value !== "frozen") lastLaw = value;
      run.follow(value);
      mark(value);
      say("", 3);
    } else if (name === "neurons") {
      begin();
      say(`${value === 1 ? "One neuron" : `${value} neurons`}, with new random weights.`, 3);
    } else {
      run[name] = value;
      say(name === "friction" ? `Friction ${value}.` : `Speed ${value}: a neuron answers within ${(1 / value).toFixed(2)} time units.`, 3);
    }
    show();
    changed(name, value);
  }

  function show() {
    law.set(now.policy === "frozen" ? lastLaw : now.policy);
    meaning.textContent = `${capital(now.policy)}: ${SAYINGS[now.policy]}.`;
    for (const name of ["friction", "speed", "neurons"]) dials[name].set(now[name]);
    dials.friction.dim(now.policy !== "damped flip");
    freeze.setAttribute("aria-pressed", String(now.policy === "frozen"));
  }

  function take(name) {
    if (target.source === name) return;
    Object.assign(target, { source: name, wanted: target.z, begun: count * STEP });
    source.set(Object.keys(SOURCES).find((key) => SOURCES[key] === name));
    say({ hand: "The target is yours: drag it, or press the arrow keys.", wave: "The target is a wave.", jumps: "The target jumps." }[name], 3);
  }

  function move(value) {
    take("hand");
    touched = recorded.hand = true;
    target.wanted = Math.max(-REACH, Math.min(REACH, value));
    if (paused) hold(false);
  }

  function hold(still) {
    if (!still && gone) {
      gone = false;
      begin();
    }
    paused = still;
    before = null;
    pause.textContent = still ? "Run" : "Pause";
    if (still) tell();
  }

  function begin() {
    const start = randomStart(now.neurons, seed++);
    run = new Run({ ...start, law: now.policy, friction: now.friction, speed: now.speed });
    Object.assign(target, { z: target.source === "hand" ? target.wanted : 0, begun: 0 });
    trace.clear();
    Object.assign(words, { due: 3, grade: null, said: null, since: 0 });
    count = 0, marks = [], flatSince = 0, rmsNow = null;
    again.classList.remove("wanted");
    recorded = { t: [0], z: [target.z], at: 0, hand: false };
    drawn({ kind: "begin", id, ...start });
    trace.push(0, target.z, run.x[0], 0);
  }

  function mark(name) {
    const t = count * STEP;
    marks = marks.filter((one) => one.t > t - SPAN && one.t < t); // two at one moment: the later one counts
    marks.push({ t, name });
  }

  // ---- time
  /** Go on by so many time units; stop early when the milliseconds are used up. Returns the time units gone. */
  function advance(duration, milliseconds = Infinity) {
    const end = performance.now() + milliseconds;
    const steps = Math.round(duration / STEP), first = target.z;
    const last = target.at((count + steps) * STEP, steps * STEP);
    let done = 0;
    for (let z = first; done < steps; ) {
      const next = first + ((last - first) * (done + 1)) / steps;
      run.step(z, next);
      z = target.z = next;
      count++, done++;
      if (count % EVERY === 0) trace.push(count * STEP, z, run.x[0], run.x[0] - z);
      if (done % 8 === 0 && performance.now() > end) break;
    }
    if (done) { recorded.t.push(count * STEP); recorded.z.push(target.z); }
    if (run.lost && now.policy === "no flip") {
      gone = true;
      hold(true);
      say("Without the flip the costates have run away, and the weights with them. Choose another law, or start again.");
    } else if (run.lost) {
      begin();
      say("The weights left all bounds. Started again, with new random ones.", 3);
    }
    return done * STEP;
  }

  /** Go on by so many time units in pieces as short as frames. */
  function ahead(duration) {
    for (let left = Math.round(duration / STEP); left > 0 && !gone; left -= 16) {
      advance(Math.min(16, left) * STEP);
      if (recorded.t.length > 64) tell();
    }
    if (!gone) judge();
  }

  /** Hand on what was drawn since the last time. */
  function tell() {
    const { t, z, at, hand } = recorded;
    if (t.length) drawn({ kind: "more", id, at, t, z, hand });
    Object.assign(recorded, { t: [], z: [], at: at + t.length });
  }

  // ---- words
  function say(text, wait = Infinity) {
    if (status.textContent !== text) status.textContent = text;
    Object.assign(words, { due: count * STEP + wait, grade: null, said: null });
  }

  function judge() {
    const t = count * STEP;
    let sum = 0, rows = 0;
    trace.since(t - WINDOW, (data, row) => { sum += data[row + 3] ** 2; rows++; });
    const { n, w } = run, heaviest = w.reduce((best, value, k) => (Math.abs(value) > Math.abs(w[best]) ? k : best), 0);
    const tail = heaviest % (n + 1) === n ? "the bias" : `neuron ${(heaviest % (n + 1)) + 1}`;
    net.setAttribute("aria-label", `The network: ${n === 1 ? "one neuron" : `${n} neurons`} and a bias. The largest weight, `
      + `${w[heaviest].toFixed(1).replace("-", "−")}, is on the arc from ${tail} to neuron ${Math.floor(heaviest / (n + 1)) + 1}.`);
    const error = (rmsNow = rows > 20 ? Math.sqrt(sum / rows) : null);
    if (error === null) return;
    // Trapped: for a time unit so far out on tanh that hardly any gradient comes through. (The bare flip swings out
    // and back by itself.)
    const flat = run.slope[0] < 0.01 && error > 0.3 && !["frozen", "bare flip"].includes(now.policy);
    if (!flat) flatSince = t;
    const trapped = t - flatSince > 1;
    again.classList.toggle("wanted", trapped);
    const grade = trapped ? "trapped" : error < 0.07 ? "follows" : error < 0.25 ? "roughly" : "not";
    if (grade !== words.grade) Object.assign(words, { since: t, grade });
    // Said once some time after each change, when the answer has been another for a while, and a trap at once.
    const other = grade !== words.said && t > words.since + 1.5 && words.due === Infinity;
    if (t < words.due && !other && !(grade === "trapped" && words.said !== "trapped")) return;
    Object.assign(words, { due: Infinity, said: grade });
    const about = `${capital(now.policy)}: `;
    status.textContent = {
      trapped: `Trapped: the output is at its limit, its largest weight ${largest(run.w).toFixed(1)}. There tanh is flat, and almost no gradient is left to bring the weights back. Raise the friction and wait some ten time units, or start again.`,
      follows: now.policy === "frozen" ? `${about}a small error, because the target stands still.` : `${about}the output follows.`,
      roughly: `${about}the output follows roughly.`,
      not: now.policy === "frozen" ? `${about}the output does not follow. Held weights know where the target was, and not where it goes.` : `${about}the output does not follow.`,
    }[grade];
  }

  // ---- the picture
  function draw() {
    if (age++ % 20 === 0) colours = palette(root);
    const k = lines.begin(colours.paper), { width, height } = lines, t = count * STEP;
    const right = width - 74, left = 40, bottom = height - 6, floor = height * 0.72, strip = (floor + 22 + bottom) / 2;
    const from = calm() ? Math.floor(t / SPAN) * SPAN : t - SPAN;
    const X = (when) => left + ((when - from) / SPAN) * (right - left);
    const Y = (value) => 10 + ((floor - 10) * (1 - Math.max(-1.1, Math.min(1.1, value)) / 1.1)) / 2;
    const E = (value) => strip - (Math.max(-0.5, Math.min(0.5, value)) / 0.5) * (bottom - strip);
    for (const value of [-0.8, 0, 0.8]) {
      lines.line([left, Y(value), right, Y(value)], colours.grid, 1);
      lines.text(String(value).replace("-", "−"), left - 6, Y(value), colours.soft, { size: 12, align: "right" });
    }
    for (const value of [-0.5, 0, 0.5]) lines.line([left, E(value), right, E(value)], colours.grid, 1);
    lines.text("error", left, E(0.5) - 9, colours.soft, { size: 12 });
    lines.text("0", left - 6, E(0), colours.soft, { size: 12, align: "right" });
    const [z, x, e] = [[], [], []];
    trace.since(Math.max(from, 0), (data, row) => {
      const at = X(data[row]);
      z.push(at, Y(data[row + 1]));
      x.push(at, Y(data[row + 2]));
      e.push(at, E(data[row + 3]));
    });
    const here = X(t), out = run.x[0];
    z.push(here, Y(target.z)), x.push(here, Y(out)), e.push(here, E(out - target.z));
    stamps(X, left, bottom);
    k.save();
    k.beginPath();
    k.rect(left, 0, width - left, height);
    k.clip();
    lines.line(x, colours.output, 2.4);
    lines.line(z, colours.target, 1.6, [6, 4]);
    lines.line(e, colours.output, 1.4);
    k.restore();
    const apart = Math.abs(Y(target.z) - Y(out)) < 17, up = target.z >= out;
    lines.disc(here, Y(out), 4.5, colours.output);
    const beside = { size: 14, bold: true, halo: colours.paper };
    lines.text("output", here + 15, Y(out) + (apart ? (up ? 9 : -9) : 0), colours.output, beside);
    lines.text("target", here + 15, Y(target.z) + (apart ? (up ? -9 : 9) : 0), colours.target, beside);
    lines.disc(here, Y(target.z), 9, colours.paper, colours.target, 2);
    lines.line([here - 3.5, Y(target.z) - 1.5, here, Y(target.z) - 5, here + 3.5, Y(target.z) - 1.5], colours.target, 1.6);
    lines.line([here - 3.5, Y(target.z) + 1.5, here, Y(target.z) + 5, here + 3.5, Y(target.z) + 1.5], colours.target, 1.6);
    if (!touched) lines.text("drag me", here - 16, Y(target.z) + (target.z > 0 ? 22 : -22), colours.soft, { size: 14, align: "right", halo: colours.paper });
    if (rmsNow !== null) {
      lines.text(rmsNow.toFixed(2), right + 12, strip - 7, colours.output, { size: 14, bold: true });
      lines.text("rms", right + 12, strip + 9, colours.soft, { size: 12 });
    }
    plot.setAttribute("aria-valuenow", target.wanted.toFixed(2));
    const heard = rmsNow === null ? "" : `, error ${rmsNow.toFixed(2)}`;
    plot.setAttribute("aria-valuetext", `target ${target.z.toFixed(1)}, output ${out.toFixed(1)}${heard}`.replaceAll("-", "−"));
    network(graph, run, colours, calm() ? 0.5 : (0.5 * t) % 1000);
    graph.text("dots: credit, going back", graph.width - 8, graph.height - 12, colours.costate, { size: 12, align: "right" });
    graph.text("weight +", 8, graph.height - 12, colours.positive, { size: 12 });
    graph.text("weight −", 8, graph.height - 28, colours.negative, { size: 12 });
  }

  /** Where the law changed: a line through both parts, with the name of what begins. */
  function stamps(X, left, bottom) {
    marks.forEach(({ t, name }, n) => {
      const at = X(t);
      if (at < left) return;
      lines.line([at, 4, at, bottom], colours.soft, 1, [2, 3]);
      const next = marks[n + 1] ? X(marks[n + 1].t) : Infinity;
      lines.k.font = '600 12px "Source Sans Pro", "Source Sans 3", system-ui, sans-serif';
      const long = lines.k.measureText(name).width + 8;
      if (next - at > long) lines.text(name, at + 4, 9, colours.ink, { size: 12, bold: true, halo: colours.paper });
    });
  }

  // ---- the loop
  function frame(clock) {
    if (ended) return;
    requestAnimationFrame(frame);
    if (!root.isConnected || !seen || !plot.clientWidth) return void (before = null);
    const passed = before === null ? 0 : Math.min(50, clock - before) / 1000;
    before = clock;
    if (!paused && passed) {
      advance(passed * pace, BUDGET);
      if (age % 12 === 0) judge();
      if (recorded.t.length > 30) tell();
    }
    draw();
  }

  const pointed = (event) => {
    const box = plot.getBoundingClientRect(), floor = box.height * 0.72;
    return 1.1 * (1 - (2 * (event.clientY - box.top - 10)) / (floor - 10));
  };
  plot.addEventListener("pointerdown", (event) => {
    plot.setPointerCapture(event.pointerId);
    plot.classList.add("held");
    move(pointed(event));
  });
  plot.addEventListener("pointermove", (event) => { if (plot.hasPointerCapture(event.pointerId)) move(pointed(event)); });
  for (const over of ["pointerup", "pointercancel"]) plot.addEventListener(over, () => plot.classList.remove("held"));
  root.addEventListener("pointerup", (event) => { // a law or a target chosen by hand: the arrow keys are the target's again
    if (event.target.closest("fieldset")) setTimeout(() => plot.focus({ preventScroll: true }));
  });
  plot.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 0.1, ArrowRight: 0.1, ArrowDown: -0.1, ArrowLeft: -0.1, PageUp: 0.4, PageDown: -0.4 }[event.key];
    const to = { Home: -REACH, End: REACH }[event.key] ?? (by && (target.source === "hand" ? target.wanted : target.z) + by);
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  });
  const sight = new IntersectionObserver((entries) => { seen = entries.at(-1).isIntersecting; });
  sight.observe(plot);

  begin();
  show();
  say("", 4);
  if (calm()) {
    ahead(6);
    hold(true);
    say("Paused, because your system asks for less motion. Press Run, or move the target.");
  }
  requestAnimationFrame(frame);
  const instrument = {
    set(name, value) { set(name, value); },
    ahead,
    hold,
    end() { ended = true; sight.disconnect(); tell(); },
    get run() { return run; },
    get target() { return target; },
    get time() { return count * STEP; },
    get error() { return rmsNow; },
    get frames() { return age; },
  };
  root.instrument = instrument;
  return instrument;
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);
const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
