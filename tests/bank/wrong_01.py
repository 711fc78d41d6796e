"""Wrong answers to the bank's tasks of lesson 01."""

from wrong_answers import swap, write

WRONG = {
    "last_will": [
        swap("    p[-1] =", "    0 *", says="its last price is 0"),
        swap("    p[-1] =", "    p[-1] = -", says="last price has the wrong sign"),
        swap("x[k] - z[k]", "z[k] - x[k]", says="error has the wrong sign"),
        swap(" + a * p[k + 1]", "", says="leak is missing"),
        swap("return p", "return p[:-1]", says="shape"),
        write("def last_will(x, z, a, q, s, dt):\n    return np.zeros(len(x))", says="where .* is right"),
    ],
    "insulation": [
        swap(
            "return dt * np.sum(p[1:] * leak(x[:-1])), p[0]",
            "return p[0], dt * np.sum(p[1:] * leak(x[:-1]))",
            says="order",
        ),
        swap(" + a * slope(x[k]) * p[k + 1]", "", says="missing in H_x"),
        swap("p[1:] * leak", "p[:-1] * leak", says="one step early"),
        swap("leak(x[:-1])), p", "x[:-1]), p", says="beside a in the law"),
        swap("return dt * ", "return ", says="factor dt is missing in the first"),
        swap("return dt *", "return -dt *", ", p[0]", ", -p[0]", says="both signs"),
        swap("leak(x[:-1])), p", "slope(x[:-1])), p", says="for the leak"),
        swap("return dt * np.sum(p[1:] * leak(x[:-1])), p[0]", "return p[0]", says="must be 2 things"),
    ],
}
