"""Wrong answers to the tasks of lesson 10."""

from wrong_answers import swap, write

WRONG = {
    "silence": [
        swap("np.sqrt(offset**2 + amplitude**2 / 2)", "amplitude", says="that is the amplitude"),
        swap("offset**2 + ", "", says="offset is forgotten"),
        swap("np.sqrt(offset**2 + amplitude**2 / 2)", "offset**2 + amplitude**2 / 2", says="root is missing"),
        swap(
            "return np.sqrt(offset**2 + amplitude**2 / 2)",
            "return np.mean(abs(offset + amplitude * np.sin(np.linspace(0, 2 * np.pi, 9999))))",
            says="squares first",
        ),
        swap("np.sqrt(offset**2 + amplitude**2 / 2)", "abs(offset) + amplitude / 2**0.5", says="squares add up"),
        swap("np.sqrt(offset**2 + amplitude**2 / 2)", "offset + amplitude / 2**0.5", says="offset below 0"),
        swap(" / 2", "", says="mean of sin² is 1/2"),
        swap("offset**2 +", "offset +", says="where .* is right|no finite number"),
    ],
    "mine": [
        swap("dissipation_w=20, dissipation_x=5", "dissipation_w=5, dissipation_x=20", says="frictions are exchanged"),
        swap(", dissipation_x=5", "", says="no friction on p_x"),
        swap("dissipation_w=20, ", "", says="no friction on p_w"),
        swap("dissipation_w=20, dissipation_x=5", "", says="no friction at all"),
        swap("q=50, ", "", says="q is 100"),
        swap(", speed=40", "", says="speed is 20"),
        swap("q=50", "q=40", "speed=40", "speed=50", says="q and speed are exchanged"),
        swap("connected(7)", "connected(5)", says="5 neurons, and 7"),
        swap("connected(7)", "connected(7, self_loops=False)", says="other arcs"),
        swap(", period=4", "", says="period 2 pi"),
        swap("period=4", "period=np.pi / 2", says="frequency 4"),
        swap("amplitude=0.6, ", "", says="amplitude 0.8"),
        swap("amplitude=0.6", "amplitude=0.5", says="not a wave of amplitude 0.6"),
        swap("T=12", "T=20", says="ends at t = 20"),
        swap("T=12", "T=12, seed=1", says="starts elsewhere"),
        swap("r_w=1, r=0.1", "r_w=0.1, r=1", says="RMSE .* after t = 4"),
        swap("r=0.1", "r=0.2", says="Look at q, r_w, r"),
        swap("r_w=1", "r_w=5", says="Look at q, r_w, r"),
        swap("hlp.Flipped(dissipation_w=20, dissipation_x=5)", "hlp.Canonical()", says="diverged at t"),
        swap("T=12)", "T=12).rmse()", says="of the type float"),
    ],
    "valley": [
        swap("frictions[np.argmin(medians)], ", "np.argmin(medians), ", says="place in the list"),
        swap("frictions[np.argmin(medians)], ", "min(medians), ", says="is the RMSE"),
        swap("argmin", "argmax", says="highest median"),
        swap("np.array(medians)", "np.sort(medians)", says="order of the list"),
        swap("Flipped(friction, 5)", "Flipped(5, friction)", says="frictions are put on p_x"),
        swap("Flipped(friction, 5)", "Flipped(friction)", says="p_x has no friction"),
        swap("np.median([", "np.mean([", says="mean over the seeds"),
        swap("np.median([", "np.min([", says="best seed"),
        swap("seeds, T", "seeds[:1], T", says="first seed alone"),
        swap("after=20 / 3", "", says="count the start too"),
        swap("T=20", "T=10", says="end at t = 10"),
        swap("dt=4e-3", "dt=0.05", says="part . gives|no finite number"),
        write(
            "def valley(problem, frictions, seeds):\n    return 30.0, [0.03] * len(frictions)", says="part 1: it gives"
        ),
        swap(", np.array(medians)", "", says="must be 2 things"),
    ],
    "freeze_test": [
        swap("start=taught.final", "seed=seed", says="fresh random weights"),
        swap("hlp.Frozen()", "policy", says="weights are not held"),
        swap("start=taught.final", "x0=taught.final.x, w0=taught.final.w", says="clock is set back"),
        swap("after=10", "", says="counts the start too"),
        swap(
            "return taught.rmse(after=10), alone.rmse()", "return alone.rmse(), taught.rmse(after=10)", says="exchanged"
        ),
        swap("alone.rmse()", "taught.rmse(after=10)", says="same number twice"),
        swap("return taught.rmse(after=10), alone.rmse()", "return alone.rmse()", says="must be 2 things"),
        swap("policy, T=20", "hlp.Frozen(), T=20", says="part . gives|where .* is right"),
        swap("T=10", "T=5", says="part 2: it gives"),
        swap("T=20", "T=30", says="part . gives|part 1: it gives"),
        swap("seed=seed", "seed=0", says="part . gives|part .: it gives"),
        swap(
            "start=taught.final",
            "t0=20, w0=taught.final.w, x0=np.zeros(3)",
            says="states were set back to 0",
        ),
        write(
            """
from hlp_edu.compare import freeze_test as made


def freeze_test(problem, policy, seed):
    return made(problem, policy, T=20, rest=10, seed=seed)
""",
            says="calls `hlp_edu.compare.freeze_test`",
        ),
    ],
    "held": [
        swap("2 * np.pi / period / 20", "2 * np.pi / 6 / 20", says="its period is"),
        swap("height(k) - amplitude", "height(k) - 0.4", says="swings at the right pace, but by"),
        swap("[0, 0, small, 0, 0]", "[0, small, 0, 0, 0]", says="not in step"),
        swap("[0, 0, small, 0, 0]", "[0, 0, -small, 0, 0]", says="not in step"),
        swap("[0, 0, small, 0, 0]", "np.zeros(5)", says="comes to rest"),
        swap("gain * part", "0.9 * part", says="comes to rest"),
        swap("small, lead = 0.2", "small, lead = 0.6", says="comes to rest|does not come back|its period is"),
        swap("-np.sin(lead)", "np.sin(lead)", says="comes to rest"),
        swap("np.arctan(2 * np.pi / period / 20)", "np.arctan(1.1 * 2 * np.pi / period / 20)", says="its period is"),
        write(
            """
def held(amplitude, period):
    known = {(1, 1): 1.05, (2, 2): 1.05, (1, 2): 0.055, (2, 1): -0.055}
    return np.array([known.get(arc, 0.0) for arc in net.arcs]), [0.5, 0, 0, 0, 0]
""",
            says="asked for amplitude",
        ),
        write(
            """
def held(amplitude, period):
    problem = hlp.Tracking(net, hlp.sinusoid(amplitude, period))
    end = hlp.run(problem, hlp.Flipped(30, 5), T=period, dt=0.01).final
    return end.w, end.x
""",
            says="comes to rest",
        ),
        swap("np.array([weight.get(arc, 0.0) for arc in net.arcs])", "np.eye(5)", says="`w0` has the shape"),
        swap(", np.array([0, 0, small, 0, 0])", "", says="must be 2 things"),
        swap("[0, 0, small, 0, 0]", "[0, 0, np.nan, 0, 0]", says="no finite number"),
    ],
}
