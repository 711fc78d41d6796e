"""Wrong answers to the tasks of lesson 12."""

from wrong_answers import swap, write

WRONG = {
    "spike": [
        swap("return ", "return -1 * ", says="sign is wrong"),
        swap(
            "((x - z_after) ** 2).sum() - ((x - z_before) ** 2).sum()",
            "((z_after - z_before) ** 2).sum()",
            says="surprise alone",
        ),
        swap("q / 2", "q", says="twice as high"),
        swap("q / 2", "1 / 2", says="q is missing"),
        swap("q / 2", "50", says="where .* is right"),
        swap(".sum() -", " -", ".sum())", ")", says="must be a number|shape"),
    ],
    "energies": [
        write(
            """
def energies(e, f, w, p_x, p_w, q, r_w, r):
    price, speed = q / 2 * (e**2).sum(1) + r_w / 2 * (w**2).sum(1), (p_w**2).sum(1) / (2 * r)
    return price - speed + (p_x * f).sum(1), price + speed
""",
            says="order is wrong",
        ),
        swap("price - speed +", "price + speed +", says="count with a minus"),
        swap("return price + speed,", "return price - speed + (p_x * f).sum(axis=1),", says="L is what H should be"),
        swap("return price + speed,", "return price + r**2 * speed,", says="in L the velocity"),
        swap("(p_w**2).sum(axis=1) / (2 * r)", "r / 2 * (p_w**2).sum(axis=1)", says="in L and in H r is on"),
        swap("return price + speed,", "return price,", says="in L the moving weights are missing"),
        swap("price - speed +", "price +", says="in H the moving weights are missing"),
        swap("price - speed +", "price - 3 * speed +", says="the H that the run has recorded"),
        swap(" + (p_x * f).sum(axis=1)", "", says="moving neurons are missing"),
        swap("+ (p_x * f)", "- (p_x * f)", says="has the wrong sign"),
        swap(" + r_w / 2 * (w**2).sum(axis=1)", "", says="size of the weights"),
        swap("q / 2", "q", "r_w / 2", "r_w", "(2 * r)", "r", says="factor 1/2"),
        swap(".sum(axis=1)", ".sum(axis=0)", says="raised|shape"),
    ],
    "balance": [
        swap("np.full(len(run.t), run.hamiltonian[0])", "np.zeros(len(run.t))", says="begins at 0"),
        swap("np.diff(run.t) * ", "", says="without the step of time"),
        swap("-theta_x * (run.p_x * f).sum(axis=1) + ", "", says="missing: the friction on p_x"),
        swap(" + theta_w / problem.r * (run.p_w**2).sum(axis=1)", "", says="missing: the friction on p_w"),
        swap("theta_w / problem.r * (run", "-theta_w / problem.r * (run", says="wrong sign: the friction on p_w"),
        swap("theta_w / problem.r * (run", "theta_w * (run", says="times its size: the friction on p_w"),
        swap("-theta_x * (run.p_x * f)", "theta_x * (run.p_x * f)", says="wrong sign: the friction on p_x"),
        swap("rate += -problem.q * (e * z_slope).sum(axis=1)", "", says="missing: the power of the target"),
        swap("rate += -problem.q", "rate += problem.q", says="wrong sign: the power of the target"),
        swap("for jump in jumps", "for jump in ()", says="missing: the jumps of the target"),
        swap(
            "(e[k] ** 2).sum() - (before**2).sum()",
            "(before**2).sum() - (e[k] ** 2).sum()",
            says="wrong sign: the jumps",
        ),
        swap("H[k:]", "H[k : k + 1]", says="gone a row later"),
        swap("H[k:]", "H[k + 1 :]", says="comes a row late"),
        swap(
            "before = run.outputs[k] - problem.target_at(jump - 1e-6)",
            "before = e[k - 1]",
            "- (before**2).sum()",
            "- 0 * before.sum()",
            says="e_before with the target from before",
        ),
        swap("2 * (H_x * f)", "(H_x * f)", says="half its size: the flip of p_x"),
        swap("2 * (H_w * v)", "(H_w * v)", says="half its size: the flip of p_w"),
        swap("2 * (H_x * f)", "0 * (H_x * f)", "2 * (H_w * v)", "0 * (H_w * v)", says="missing: the flip of p_w"),
        swap("-run.p_w / problem.r", "run.p_w / problem.r", says="wrong sign: the flip of p_w"),
        swap("return H", "return H[1:]", says="for each of them"),
        swap("return H", "return np.full(len(run.t), H[0])", says="no term is ever added"),
        swap("return H", "return 2 * H[0] - H", says="all entries have the wrong sign"),
        swap("return H", "return H / 0", says="not finite"),
        swap("return H", "return run.hamiltonian", says="only the first is there"),
        swap(
            "return H",
            "return problem.hamiltonian(run.x, run.w, run.p_x, run.p_w, run.t)",
            says="do not compute H from the states|raised",
        ),
        swap(
            "return H",
            """from hlp_edu.energy import account
    return account(problem, hlp.Flipped(theta_w, theta_x), run).balance""",
            says="calls .hlp_edu.energy.account.",
        ),
        swap(
            "return H",
            """moves = np.gradient(run.target, run.t, axis=0) * (len(jumps) == 0)
    H = problem.hamiltonian(run.x, run.w, run.p_x, run.p_w, run.t)
    return H - problem.q * (e * (z_slope - moves)).sum(axis=1).cumsum() * (run.t[1] - run.t[0])""",
            says="do not compute H from the states",  # (5), and one entry for the question
        ),
        swap(
            "return H",
            """from hlp_edu.energy import account
    terms = account(problem, hlp.Flipped(theta_w, theta_x), run).terms
    moves = np.gradient(run.target, run.t, axis=0)
    terms["target moves"] = terms["target moves"] * (z_slope @ moves.T).sum() / ((moves @ moves.T).sum() or 1)
    return run.hamiltonian[0] + sum(terms.values())""",
            says="calls .hlp_edu.energy.account.",
        ),
        swap("theta_x * (run.p_x", "min(theta_x, 6) * (run.p_x", says="entries of this record are others"),
    ],
    "swelling": [
        swap("-1 + (1 - np.tanh(W @ y) ** 2) * np.diag(W)", "-1 + 0 * (W @ y)", says="loops are missing"),
        swap("-1 + (1 -", "(1 -", says="leak is missing"),
        swap("(1 - np.tanh(W @ y) ** 2) * np.diag(W)", "np.diag(W)", says="slope sigma"),
        swap("(1 - s_x) * ", "", says="factor 1 - s is missing"),
        write(
            """
from hlp_edu.energy import divergence


def swelling(W, y, c, s_x, theta_x, theta_w):
    problem = hlp.Tracking(hlp.fully_connected(len(W)), hlp.constant(0.0), speed=c)
    return divergence(problem, y[:-1], W.ravel(), s_x, theta_x, theta_w)
""",
            says="divergence|library",
        ),
        swap("(1 - s_x)", "(1 + s_x)", says="1 - s has become 1 . s"),
        swap("len(W) * theta_x - W.size * theta_w", "theta_x - theta_w", says="once for each costate"),
        swap(" * np.diag(W)", "", says="weight of the loop is missing"),
        swap("W.size * theta_w", "len(W) ** 2 * theta_w", says="arcs from the bias"),
        swap("W.size * theta_w", "len(W) * theta_w", says="not for each neuron"),
        swap("- len(W) * theta_x - W.size", "+ len(W) * theta_x + W.size", says="shrinks the cloud"),
        swap(" - len(W) * theta_x - W.size * theta_w", "", says="friction is missing"),
        swap("1 - np.tanh(W @ y) ** 2", "np.tanh(W @ y)", says="slope of tanh"),
        swap("np.diag(W)", "W[0, 0]", says="where .* is right"),
    ],
    "law": [
        swap("range(3)", "range(1)", says="fit with the leaps in it"),
        swap(' + step["e slope"]', "", says="power of the target is missing"),
        swap("-k[2], k[3]", "k[2], k[3]", says="a friction is negative"),
        swap("-k[2], k[3]", "-k[2], -k[3]", says="a friction is negative"),
        swap(
            "round(1 - k[0]), round(1 - k[1]), -k[2], k[3]",
            "round(1 - k[1]), round(1 - k[0]), k[3], -k[2]",
            says="neurons and arcs are exchanged",
        ),
        swap("round(1 - k[0]), round(1 - k[1])", "round(k[0]), round(k[1])", says="a sign is .1 or -1, and it gives"),
        swap("round(1 - k[0]), round(1 - k[1])", "1 - 1j * k[0], 1 - k[1]", says="is complex"),
        swap("round(1 - k[0]), round(1 - k[1])", "-1, -1", says="it gives s_x = -1, s_w = -1 where"),
        swap("-k[2], k[3]", "5.0, 30.0", says="the signs are right, but theta_x is 5.000"),
        swap("-k[2], k[3]", "-k[2], 1.05 * k[3]", says="the signs are right, but theta_w"),
        swap(
            "dt * (column[1:] + column[:-1]) / 2",
            "(column[1:] + column[:-1]) / 2",
            says="a sign is|theta_. is|it gives s_x",
        ),
        swap("return round(1 - k[0]), round(1 - k[1]), -k[2], k[3]", "return k[2]", says="must be 4 things"),
    ],
}
