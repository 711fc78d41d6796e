"""Wrong answers to the bank's tasks of lesson 12."""

from wrong_answers import swap, write

WRONG = {
    "constant_H": [
        write("constant_H = 'ABCDEF'", says="is not it|not among them"),
        write("constant_H = 3", says="must be a text"),
        write("constant_H = ''", says="is not it|missing"),
    ],
    "jolt": [
        write("def jolt(W, x, p_x, c, before, after):\n    return 0.0", says="where .* is right"),
        swap("new_q / 2 *", "q / 2 *", says="old price|where .* is right"),
        swap("- new_z", "- z", says="old target|where .* is right"),
    ],
}
