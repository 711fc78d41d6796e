"""Wrong answers to the bank's tasks of lesson 12."""

from wrong_answers import swap, write

WRONG = {
    "constant_H": [  # right is BDF
        write("constant_H = 'BD'", says="F is missing: speeds are constants"),
        write("constant_H = 'DF'", says="B is missing: a target enters through q"),
        write("constant_H = 'ABDF'", says="A is not among them: friction"),
        write("constant_H = 'ABCDEF'", says="is not it"),
        write("constant_H = 3", says="must be a text"),
    ],
    "jolt": [
        swap("np.append(x, new_u)", "np.append(x, u)", says="inputs are forgotten|change of L"),
        swap("neurons = c * p_x", "neurons = p_x", says="speed c is missing"),
        swap("new_q / 2 *", "q / 2 *", says="old price"),
        swap("- new_z", "- z", says="old target"),
        write("def jolt(W, x, p_x, c, before, after):\n    return 0.0", says="where .* is right"),
    ],
}
