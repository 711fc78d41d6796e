"""Wrong answers to the bank's tasks of lesson 02."""

from wrong_answers import swap, write

WRONG = {
    "impatient": [
        swap("gamma / 2\n", "0\n", says="without the factor"),
        swap("gamma / 2\n", "gamma\n", says="counts twice"),
        swap("return b / r * P", "return P", says="this is P"),
        swap("half + np.sqrt", "half - np.sqrt", says="other root"),
        swap("gamma / 2\n", "-gamma / 2\n", says="wrong sign"),
    ],
    "upkeep": [
        swap("    v =", "    x = z\n    v =", says="stays at the target"),
        swap(" + r / 2 * v**2", "", says="leaves out the push"),
        swap("q / 2 * (x - z) ** 2 +", "", says="leaves out the error"),
        write("def upkeep(a, b, q, r, z, d):\n    return z", says="must be 2 things"),
    ],
}
