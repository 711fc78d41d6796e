"""Wrong answers to the tasks of lesson 04."""

from wrong_answers import swap, write

WRONG = {
    "powers": [
        swap("[1, 1, 2, 3]", "[1, 2, 3, 4]", says="with inertia"),
        swap("[1, 1, 2, 3]", "[1, 1, 1, 2]", says="w is an integral"),
        swap("[1, 1, 2, 3]", "[1, 1, 2, 2]", says="leak .2. is an integration"),
        swap("[1, 1, 2, 3]", "[0, 0, 1, 2]", says="begins at 0"),
        swap("[1, 1, 2, 3]", "[1, 2, 3]", says="shape"),
        swap("[1, 1, 2, 3]", "[3, 2, 1, 1]", says="at index 0, which is not right"),
    ],
    "offenders": [
        swap("BDE", "ABDE", says="1 of the six is misjudged.*fixed"),
        swap("BDE", "DE", says="inside the norm"),
        swap("BDE", "BCDE", says="decide over the sign"),
        swap("BDE", "BE", says="hidden neuron"),
        swap("BDE", "B and D", says="added up"),
        swap("BDE", "BDEF", says="friction of an arc"),
        swap("BDE", "ACF", says="6 of the six are"),
        swap("BDE", "ABCDEF", says="all of them"),
        swap("BDE", "none", says="no rule N"),
        swap('"BDE"', "3", says="must be letters"),
        swap('"BDE"', "[]", says="at least one"),
    ],
    "neuron_costate": [
        swap("return -theta * p - H", "return theta * p + H", says="whole sign"),
        swap("- H", "+ H", says="this is the flipped law"),
        swap("H = -c", "H = c", says="a minus is missing"),
        swap("-c * p + error", "error", says="own leak is forgotten"),
        swap(" * (1 - np.tanh(a_k) ** 2)", "", says="slope sigma.* of the child is forgotten"),
        swap("np.tanh(a_k) ** 2", "a_k**2", says="slope of tanh is"),
        swap("+= w * c_k", "+= c_k", says="through the weight"),
        swap("w * c_k", "w * c", says="child's c_k"),
        swap("-theta * p - H", "-H", says="theta p is forgotten"),
        swap("-theta", "theta", says="friction has the wrong sign"),
        swap(" + error", "", says="does not complain"),
        swap("H +=", "H =", says="is right"),
        swap("w, c_k, a_k, p_k in", "w, a_k, c_k, p_k in", says="is right"),
    ],
    "arc_law": [
        swap("return -p_w", "return p_w", says="weight climbs"),
        swap("p_w / r", "p_w", says="r is missing"),
        swap("p_w / r", "p_w * r", says="multiplies by r"),
        swap("-s * H_w", "-H_w", says="s is not used"),
        swap("-s * H_w", "s * H_w", says="wrong sense"),
        swap("-s * H_w - theta * p_w", "-s * (H_w + theta * p_w)", says="never flipped"),
        swap(" - theta * p_w", "", says="theta p_w is forgotten"),
        swap(" + r_w * w", "", says="r_w w, is forgotten"),
        swap("c_i * (1", "(1", says="speed c_i"),
        swap("(1 - np.tanh(a_i) ** 2) * ", "", says="slope sigma"),
        swap("g_i * x_j", "g_i", says="activity x_j"),
        swap("-p_w / r, -s * H_w - theta * p_w", "-s * H_w - theta * p_w, -p_w / r", says="the order is"),
        swap("-p_w / r, ", "", says="2 things"),
    ],
    "update": [
        write("update = original", says="reads still go against the arrow"),
        swap(
            "H_x[network",
            "for i, j in zip(network.heads, network.tails, strict=True):\n"
            "        if j < len(x):\n"
            "            H_x[j] += 0.5 * g[i]\n    H_x[network",
            says=r"off by 0\.\d+, and 0\.05",
        ),
        swap("H_w - 30 * p_w", "H_w", says=r"off by|run is lost"),
        swap("H_w - 30 * p_w", "-H_w - 30 * p_w", "H_x - 5", "-H_x - 5", says="run is lost|off by"),
        swap("H_w - 30 * p_w", "H_w / np.linalg.norm(H_w) - 30 * p_w", says="reads are not allowed"),
        swap("-p_w / r, ", "", says="four arrays"),
        swap("r_w * w\n", "r_w * w[:30]\n", says="raised ValueError"),
        swap("-p_w / r", "p_w / r", says="run is lost|off by"),
    ],
}
