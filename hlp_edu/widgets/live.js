// The laws of the course in the browser, one network at a time: all neurons are connected, and a bias speaks to each.
//
// The numbers in brackets are those of the equations of lesson 00; (16) is prospective gradient flow, lesson 13's.
// hlp_edu/laws.py says the same in Python, and tests/test_live.py runs both on the same targets.

export const PRICES = { q: 100, r_w: 1, r: 0.1 }; // of the error, of large weights and of fast weights, (4)
export const STEP = 1e-3; // time units

// What a law does with the costates of the arcs. `inertia`: p_w is a state of its own, (10); without it, p_w = gain H_w.
export const LAWS = {
  "damped flip": { inertia: true, theta_x: 5, damped: true },
  "bare flip": { inertia: true },
  "per-arc signs": { inertia: true, mu: 0.03 },
  "gradient flow": { gain: 0.03 },
  prospective: { gain: 0.04, kappa: 0.8, lead: 0.08 },
  frozen: { gain: 0 },
  "no flip": { inertia: true, canonical: true }, // the exact laws: s = +1 everywhere
};

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A start as `hlp.run` draws it: x ~ N(0, 0.5^2), w ~ N(0, 0.5^2 / neurons). */
export function randomStart(neurons, seed) {
  const next = dice(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const x = Array.from({ length: neurons }, () => 0.5 * normal());
  const w = Array.from({ length: neurons * (neurons + 1) }, () => (0.5 / Math.sqrt(neurons)) * normal());
  return { x, w };
}

/**
 * A network under a law. The first neuron is the output. The arc from j to i has the index i (n + 1) + j; j = n is
 * the bias. `state` holds x, w, p_x, p_w one after the other.
 */
export class Run {
  constructor({ x, w, law = "damped flip", friction = 30, speed = 20 }) {
    Object.assign(this, { n: x.length, m: w.length, friction, speed });
    const { n, m } = this;
    this.state = new Float64Array(2 * n + 2 * m);
    this.state.set(x, 0);
    this.state.set(w, n);
    this.rate = Array.from({ length: 4 }, () => new Float64Array(this.state.length)); // of the four stages
    this.here = new Float64Array(this.state.length);
    this.slope = new Float64Array(n); // sigma'(a_i)
    this.credit = new Float64Array(n); // g_i
    this.H_x = new Float64Array(n);
    this.s_w = new Float64Array(m).fill(-1);
    this.follow(law);
  }

  get x() { return this.state.subarray(0, this.n); }
  get w() { return this.state.subarray(this.n, this.n + this.m); }
  get p_x() { return this.state.subarray(this.n + this.m, 2 * this.n + this.m); }
  get p_w() { return this.state.subarray(2 * this.n + this.m); }

  /** Go on under another law: the costates of the arcs begin at 0. */
  follow(name) {
    this.law = LAWS[name];
    this.p_w.fill(0);
  }

  /** All velocities at a point of phase space, where the target is z and has the slope dz; signs of the arcs s_w. */
  velocities(at, z, dz, out) {
    const { n, m, law, speed: c, slope, credit, H_x, s_w } = this;
    const { q, r_w, r } = PRICES;
    const W = n, P = n + m, PW = 2 * n + m; // where w, p_x and p_w begin
    const theta_x = law.theta_x ?? 0, theta_w = law.damped ? this.friction : 0;
    let ahead = 0; // how far the output is ahead of its state, where the law looks ahead
    for (let i = 0; i < n; i++) {
      let a = 0;
      for (let j = 0; j < n; j++) a += at[W + i * (n + 1) + j] * at[j]; // (1)
      a += at[W + i * (n + 1) + n]; // the bias says 1
      const sigma = Math.tanh(a);
      out[i] = c * (sigma - at[i]); // (2)
      slope[i] = 1 - sigma * sigma;
      credit[i] = c * slope[i] * at[P + i]; // g_i of (7)
      H_x[i] = -c * at[P + i];
      if (i === 0 && law.lead) ahead = law.kappa * (sigma - at[0]) - law.lead * dz;
    }
    H_x[0] += q * (at[0] - z + ahead); // (7); with the error of (16) where the law looks ahead
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) H_x[j] += at[W + i * (n + 1) + j] * credit[i]; // (7)
    for (let i = 0; i < n; i++) {
      // (16): what the credit is on its way to, D + D'/c, instead of the credit itself
      const g = law.lead ? slope[i] * (H_x[i] + c * at[P + i]) : credit[i];
      for (let j = 0; j <= n; j++) {
        const k = i * (n + 1) + j;
        const H_w = g * (j < n ? at[j] : 1) + r_w * at[W + k]; // (8)
        const p = law.inertia ? at[PW + k] : law.gain * H_w;
        out[W + k] = -p / r; // (6)
        out[PW + k] = law.inertia ? -s_w[k] * H_w - theta_w * p : 0; // (10)
      }
    }
    for (let i = 0; i < n; i++) out[P + i] = (law.canonical ? -1 : 1) * H_x[i] - theta_x * at[P + i]; // (10), s = -1 if flipped
  }

  /** Signs for one step: +1 on an arc with p_w H_w > mu H_w^2, else -1. The other laws flip every arc, or none. */
  choose(z) {
    const { n, m, state, law, rate } = this;
    if (law.mu === undefined) return void this.s_w.fill(law.canonical ? 1 : -1);
    this.s_w.fill(-1);
    this.velocities(state, z, 0, rate[0]);
    for (let k = 0; k < m; k++) {
      const H_w = rate[0][2 * n + m + k]; // with s = -1 and without friction, p_w' is H_w
      this.s_w[k] = state[2 * n + m + k] * H_w > law.mu * H_w * H_w ? 1 : -1;
    }
  }

  /** One step (classical Runge-Kutta), in which the target goes in a straight line from z to next. */
  step(z, next, h = STEP) {
    const { state, here, rate } = this;
    const middle = 0.5 * (z + next), dz = (next - z) / h;
    this.choose(z);
    this.velocities(state, z, dz, rate[0]);
    for (const [stage, reach, target] of [[1, 0.5 * h, middle], [2, 0.5 * h, middle], [3, h, next]]) {
      for (let k = 0; k < state.length; k++) here[k] = state[k] + reach * rate[stage - 1][k];
      this.velocities(here, target, dz, rate[stage]);
    }
    const [one, two, three, four] = rate;
    for (let k = 0; k < state.length; k++) state[k] += (h / 6) * (one[k] + 2 * (two[k] + three[k]) + four[k]);
  }

  /** Whether the run has left all bounds. */
  get lost() {
    return this.state.some((value) => !(Math.abs(value) < 1e8));
  }
}

/** A target that a hand, or a rule, moves: it glides towards where it is wanted, at most so fast. */
export class Target {
  constructor() {
    Object.assign(this, { z: 0, wanted: 0, fastest: 8, source: "wave", begun: 0 });
  }

  /** Where it will be a little later, at the time t. */
  at(t, duration) {
    if (this.source === "wave") this.wanted = 0.8 * Math.sin(t - this.begun);
    if (this.source === "jumps") this.wanted = JUMPS[Math.floor((t - this.begun) / 2.5) % JUMPS.length];
    const way = this.wanted - this.z, most = this.fastest * duration;
    return this.z + Math.max(-most, Math.min(most, way));
  }
}

const JUMPS = [0.6, -0.3, 0.2, -0.7, 0.5, 0, 0.8, -0.5];
