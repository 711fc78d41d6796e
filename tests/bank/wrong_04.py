"""Wrong answers to the bank's tasks of lesson 04."""

from wrong_answers import swap, write

WRONG = {
    "another_neuron": [
        swap("W.T @ g", "W @ g", says="transposed"),
        swap(" + r_w * W", "", says="price of the weights is missing"),
        swap("np.outer(g, x)", "np.outer(x, g)", says="H_W is transposed"),
        swap("c * own * p", "-c * p", says="still that of the lesson"),
        swap("    g = c", "    a = x\n    g = c", says="at the sum a"),
        swap("return H_x, ", "return ", says="must be 2 things"),
    ],
    "other_speed": [
        write("def other_speed(p_w, r):\n    return -p_w / r", says=r"this is \(6\)"),
        write("def other_speed(p_w, r):\n    return 0 * p_w", says="stand still"),
        swap("p = np.asarray(p_w)", "p = -np.asarray(p_w)", says="sign is wrong"),
        swap("p = np.asarray(p_w)", "p = np.asarray(p_w) * r * r", says="r multiplies"),
        swap("p = np.asarray(p_w)", "p, r = np.asarray(p_w), 1.05", says="does not depend on r"),
    ],
}
