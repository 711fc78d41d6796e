"""Wrong answers to the bank's tasks of lesson 08."""

from wrong_answers import swap, write

WRONG = {
    "crest": [
        swap("z * omega**2 / (a**2 + omega**2)", "z", says="swings around the target"),
        swap(" * np.pi * a / omega", " * 0 * a", says="does not lose height"),
        swap(" * a / omega", " * 2 * a / omega", says="rate -a, not 2a"),
        swap(" * a / omega", " * -a / omega", says="real part"),
        swap("b * np.sqrt", "np.sqrt", says="b is missing"),
        swap("return rest * (1 -", "return rest * (", "omega))", "omega) * -1)", says="add the rest point"),
    ],
    "step_limit": [
        write("def step_limit(a, b, q, r):\n    return -2 / a", says="limit of x' = a x alone"),
        write("def step_limit(a, b, q, r):\n    return 2 / np.sqrt(a**2 + q * b**2 / r)", says="those of the saddle"),
        swap("return low", "return low / 2", says="half of it"),
        swap("+ h * (a * x - b**2 / r", "+ h * (a * x - b / r", says="where .* is right"),
    ],
}
