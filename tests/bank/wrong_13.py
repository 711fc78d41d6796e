"""Wrong answers to the bank's tasks of lesson 13."""

from wrong_answers import swap, write

WRONG = {
    "crossing": [
        swap(
            "np.arctan(omega / c)",
            "np.arctan(omega / np.mean(c)) * np.ones(len(c))",
            "omega / c) ** 2",
            "omega / np.mean(c)) ** 2 * np.ones(len(c))",
            says="mean speed|where",
        ),
        swap('"flipped": -1', '"flipped": 1', '"look-ahead": 1', '"look-ahead": -1', says="exchanged"),
        swap("    one =", "    c = c[:1]\n    one =", says="one neuron only"),
        swap(
            "(1 - ahead) * one", "(1 - ahead) * one / 2", "(1 + ahead)", "(-1 - ahead)", says="this is half|upside down"
        ),
    ],
    "expect": [
        write("def expect(z, hazard, nu, q):\n    return -q * z / nu", says="frozen target"),
        swap("return -q *", "return q *", says="sign is wrong"),
        swap("return -q *", "return -1 *", says="q is forgotten"),
        swap("hazard)", "hazard * 3)", says="where .* is right"),
    ],
}
