"""Wrong answers to the tasks of lesson 09."""

from wrong_answers import swap, write


def rule(body, then="", says=""):
    """Another rule."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return write(f"def ahead(t, H, p_x, p_w, H_x, H_w, s_x, s_w):\n{lines}\n\n\n{then}", says=says)


PER_ARC = "s_x[:] = -1\nfor k in range(30):\n    s_w[k] = 1 if p_w[k] * H_w[k] > 0.03 * H_w[k] ** 2 else -1\n"

WRONG = {
    "rest": [
        swap("return z * omega2 / (omega2 + a * (a - theta))", "return z", says="that is the target"),
        swap("a * (a - theta)", "a**2", says="without friction"),
        swap("a - theta", "a + theta", says="wrong sign"),
        swap("q * b**2 / r", "q / r", says="b is missing"),
        swap("a * (a - theta)", "(a - theta)", says="where .* is right"),
        swap("return z * omega2 /", "return a * r / b**2 * z * omega2 /", says="that is the costate"),
    ],
    "critical_friction": [
        swap(" * c**2", "", says="c² is missing"),
        swap("c**2", "c", says="only one c"),
        swap("r_w / r", "0", says="r_w / r is missing"),
        swap("r_w / r", "10", says="10 is the lesson's"),
        swap("r_w / r", "10", "q / r", "q / 0.1", says="10 and 0.1 are the lesson's"),
        swap("c + theta_x", "c", says="theta_x is forgotten"),
        swap("c + theta_x", "c - theta_x", says="theta_x has the wrong sign"),
        swap("c + theta_x", "c + theta_w", says="same friction on both"),
        swap("q / r *", "q *", says="where .* is right|raised ValueError"),
        swap("brentq(top, 0, 500)", "top(0)", says="where .* is right"),
        swap("brentq(top, 0, 500)", "{20: 43.0}.get(c, 34.0)", says="where .* is right"),
    ],
    "friction_for_row": [
        write("def friction_for_row(N, q):\n    return max(0.0, q ** (1 / N) - 1)", says="not the least"),
        write("def friction_for_row(N, q):\n    return q ** (1 / N) - 1.5", says="where .* is right"),
        swap("A.T - theta", "A - theta", says="none is ever needed"),
        write("def friction_for_row(N, q):\n    return np.cos(np.pi / 2 / N) ** (-2 * N)", says="border of q"),
        swap(" if top(0) > 0 else 0.0", "", says="raised ValueError: f.a. and f.b."),
        swap("S[0, 0], Q[-1, -1] = 1, q", "S[0, 0], Q[-1, -1], q = 1, 8, 8", says="8 is the lesson's q"),
        swap("    A, S", "    N = 2\n    A, S", says="for two cells"),
        write(
            "def friction_for_row(N, q):\n    return {(2, 8.0): 0.39}.get((N, q), 0.5)",
            says="where .* is right",
        ),
    ],
    "dial": [
        swap("-mu *", "mu *", says="sign is wrong"),
        swap(" + theta)", ")", says="without friction"),
        swap(
            "np.clip(-mu * (np.gradient(H, dt) / H + theta), -1, 1)",
            "-mu * (np.gradient(H, dt) / H + theta)",
            says="beyond that",
        ),
        swap("-mu *", "-1.0 *", says="mu is forgotten"),
        swap("np.gradient(H, dt) / H + theta", "0 * H + theta", says="holds H_w itself"),
        swap("np.gradient(H, dt)", "np.gradient(H)", says="where .* is right"),
        swap("-1, 1)", "0, 1)", says="may be negative"),
        swap("-1, 1)", "-1, np.inf)", says="more than .1 would be needed"),
        swap("-1, 1)", "-np.inf, 1)", says="less than -1 would be needed"),
        swap("-1, 1)", "-1, 1)[1:]", says="has the shape"),
    ],
    "ahead": [
        rule(PER_ARC, says="times that of the per-arc rule, tuned"),
        swap("later = now + H_x[k // 6] / c", "later = now - H_x[k // 6] / c", says="times that of the per-arc rule"),
        swap("H_x[k // 6] / c", "0.2 * H_x[k // 6] / c", says="Another mu will not do"),
        write("def ahead(H_w, p_w):\n    return np.sign(p_w * H_w)", says="must take .t, H, p_x"),
        write("ahead = hlp.PerArc(0.03)", says="is the library's"),
        write("ahead = 0.03", says="of the type float"),
        rule(PER_ARC, "ahead = hlp.Policy(ahead, dissipation_w=10)", says="has friction"),
        rule(PER_ARC.replace("0.03 *", "0.0 *"), says="it does not follow"),
        rule(PER_ARC.replace("1 if", "-1 if").replace("else -1", "else 1"), says="runs diverge|does not follow"),
        rule("s_x[:] = -1\ns_w[:] = -1", says="the bare flip, which swings"),
        rule("s_w = np.where(p_w * H_w > 0.03 * H_w**2, 1.0, -1.0)", says="gives the name s_w to another array"),
        rule("return np.where(p_w * H_w > 0.03 * H_w**2, 1.0, -1.0)", says="return nothing"),
        rule("s_x[:] = 1\ns_w[:] = 1", says="runs diverge|does not follow"),
        rule("s_x[:] = -1\ns_w[:] = 1 if p_w @ H_w > 0.03 * (H_w @ H_w) else -1", says="does not follow|diverge"),
        rule(PER_ARC.replace("0.03 * H_w[k] ** 2", "0.05 * abs(H_w[k])"), says="times that of the per-arc rule"),
        rule(
            "s_x[:] = -1\ns_w[:] = -1\nfor k in range(30):\n    p_w[k] *= 0.94", says="changes `p_w`: that is friction"
        ),
        rule(PER_ARC.replace("-1\nfor", "-1\nH_w *= 1.0 + 1e-9\nfor"), says="changes `H_w`"),
        rule(PER_ARC.replace("-1\nfor", "-1\nH_x *= 1.0 + 1e-9\nfor"), says="changes `H_x`"),
        rule(PER_ARC.replace("-1\nfor", "-1\np_x *= 0.99\nfor"), says="changes `p_x`"),
        rule(
            "s_x[:] = -1\nfor k in range(30):\n    s_w[k] = -1 + 30 * p_w[k] / H_w[k] if abs(H_w[k]) > 1e-3 else -1",
            says="sets a sign that is not from -1 to 1",
        ),
        rule(
            "s_x[:] = -1\nfor k in range(30):\n    s_w[k] = min(1.0, max(-1.0, 30 * p_w[k] * H_w[k]))",
            says="a sign is .1 or -1",
        ),
        rule(
            """
s_x[:] = -1
z, speed = 0.8 * np.sin(t), 0.8 * np.cos(t)
for k in range(30):
    goal = 0.03 * H_w[k] - (0.1 * speed / (1 - z * z) if k == 5 else 0.0)
    s_w[k] = 1 if (p_w[k] - goal) * H_w[k] > 0 else -1
""",
            says="reads the clock",
        ),
        rule("s_x[:] = -1\nfor k in range(30):\n    s_w[k] = 1 if np.random.rand() < 0.5 else -1", says="no dice"),
        rule("s_w[40] = 1", says="fails on arrays of 5 neurons and 30 arcs"),
        rule("s_x[:] = -1\ns_w[:] = eval('-1')", says="could not be compiled"),
    ],
}
