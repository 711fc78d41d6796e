"""Wrong answers to the tasks of lesson 08."""

from wrong_answers import swap, write


def rule(body, then="", says=""):
    """Another rule."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return write(f"def rule(t, H, p_x, p_w, H_x, H_w, s_x, s_w):\n{lines}\n\n\n{then}", says=says)


PER_ARC = "s_x[:] = -1\nfor k in range(30):\n    s_w[k] = 1 if p_w[k] * H_w[k] > 0.03 * H_w[k] ** 2 else -1\n"

WRONG = {
    "flip": [
        swap("[Q, A.T - theta", "[-Q, -A.T - theta", says="not flipped"),
        swap("[[A, -S]", "[[-A, S]", says="whole film"),
        swap("A.T -", "A -", says="against the arrows"),
        swap("np.linalg.solve(R, B.T)", "B.T", says="no R in S"),
        swap("np.linalg.solve(R, B.T)", "R @ B.T", says="multiplies by R"),
        swap("A.T - theta", "A.T + theta", says="friction has the wrong sign"),
        swap(" - theta * np.eye(len(A))", "", says="friction is missing"),
        swap("[[A, -S]", "[[A - theta * np.eye(len(A)), -S]", says="friction on x too"),
        swap("]])", "]]).T", says="rows and columns"),
        swap("[Q, A.T", "[Q, -A.T", says="only Q changed"),
        swap("[Q, A.T", "[-Q, A.T", says="only A transposed changed"),
        swap("-S", "S", says="control has the wrong sign"),
        swap("theta * np.eye(len(A))", "theta", says="every entry of a block"),
        swap("A.T - theta * np.eye(len(A))", "A.T * (1 - theta)", says="where .* is right"),
        swap("return np.block([[A, -S], [Q, A.T - theta * np.eye(len(A))]])", "return np.block([A, -S])", says="shape"),
    ],
    "stable": [
        swap("2 * a < theta and a**2 - a * theta + q * b**2 / r > 0", "a < 0", says="theta is forgotten"),
        swap(" and a**2 - a * theta + q * b**2 / r > 0", "", says="second condition"),
        swap("2 * a < theta and ", "", says="first condition"),
        swap("return 2 * a < theta and a**2 - a * theta + q * b**2 / r > 0",
             "return not (2 * a < theta and a**2 - a * theta + q * b**2 / r > 0)", says="other way round"),
        swap("2 * a < theta and a**2 - a * theta + q * b**2 / r > 0", "a < theta", says="both rates count"),
        swap(" and ", " or ", says="both must hold"),
        swap("q * b**2 / r", "q / r", says="b is missing"),
        swap("return", "return 1.0 if", "r > 0", "r > 0 else 0.0", says="True or False"),
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
    ],
    "friction_for_row": [
        write("def friction_for_row(N, q):\n    return max(0.0, q ** (1 / N) - 1)", says="not the least"),
        write("def friction_for_row(N, q):\n    return q ** (1 / N) - 1.5", says="where .* is right"),
        swap("flip(A, B,", "flip(A.T, B,", says="down the row"),
        swap("flip(A, B, Q, np.eye(1), theta)",
             "np.block([[A, -B @ B.T], [Q, A - theta * np.eye(N)]])", says="none is ever needed"),
        write("def friction_for_row(N, q):\n    return np.cos(np.pi / 2 / N) ** (-2 * N)", says="border of q"),
        swap(" if top(0) > 0 else 0.0", "", says="raised ValueError: f.a. and f.b."),
    ],
    "rule": [
        write("def rule(H_w, p_w):\n    return np.sign(p_w * H_w)", says="must take .t, H, p_x"),
        write("rule = hlp.PerArc(0.03)", says="is the library's"),
        write("rule = 0.03", says="of the type float"),
        rule(PER_ARC, "rule = hlp.Policy(rule, dissipation_w=10)", says="has friction"),
        rule(PER_ARC.replace("0.03 *", "0.0 *"), says="at worst; an output that says nothing"),
        rule(PER_ARC.replace("1 if", "-1 if").replace("else -1", "else 1"), says="runs diverge"),
        rule("s_x[:] = -1\ns_w[:] = -1", says="the bare flip, which swings"),
        rule("s_w = np.where(p_w * H_w > 0.03 * H_w**2, 1.0, -1.0)", says="makes a new array"),
        rule("return np.where(p_w * H_w > 0.03 * H_w**2, 1.0, -1.0)", says="returns something"),
        rule("s_x[:] = 1\ns_w[:] = 1", says="runs diverge"),
        rule("s_x[:] = -1\ns_w[:] = 1 if p_w @ H_w > 0.03 * (H_w @ H_w) else -1", says="says nothing|diverge"),
        rule(PER_ARC.replace("0.03 * H_w[k] ** 2", "0.05 * abs(H_w[k])"), says="it follows, but loosely"),
        rule("s_x[:] = -1\ns_w[:] = -1\nfor k in range(30):\n    p_w[k] *= 0.94", says="changes `p_w`: that is friction"),
        rule(PER_ARC.replace("-1\nfor", "-1\nH_w *= 1.0 + 1e-9\nfor"), says="changes `H_w`"),
        rule("s_x[:] = -1\nfor k in range(30):\n    s_w[k] = -1 + 30 * p_w[k] / H_w[k] if abs(H_w[k]) > 1e-3 else -1",
             says="a sign is .1 or -1"),
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
