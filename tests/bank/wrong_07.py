"""Wrong answers to the bank's tasks of lesson 07."""

from wrong_answers import swap, write

WRONG = {
    "headlights": [
        swap("(seen + beyond)", "seen", says="beyond the light is forgotten"),
        swap("beyond = np.exp(-nu * tau[-1])", "beyond = 1", says="begins where the light ends"),
        swap("return -q", "return q", says="sign is wrong"),
        swap("return -q *", "return -1 *", says="q is forgotten"),
        swap("np.exp(-nu * tau) * z", "z", says="near and far count the same"),
        write("def headlights(z, dt, nu, q):\n    return -q * z[0] / nu", says="frozen target"),
    ],
    "light_enough": [
        swap(" / np.sqrt(", " + 0 * np.sqrt(", says="in units of 1 / nu"),
        swap("np.log(", "np.log10(", says="natural one"),
        swap("(-2) ** 2 + ", "", says="leak is missing"),
        write("light_enough = 'far'", says="must be a number"),
        write("light_enough = 0.0001", says="too low"),
    ],
}
