"""Wrong answers to the bank's tasks of lesson 09."""

from wrong_answers import swap, write

WRONG = {
    "tame": [
        swap("a - theta / 2", "a - theta", says="one of the two equations"),
        swap("np.sqrt(omega**2 - theta**2 / 4)", "omega", says="slows the turning down"),
        swap("np.exp(np.pi", "np.exp(2 * np.pi", says="whole turn"),
        swap("a - theta / 2", "-theta / 2", says="a is missing"),
        write("def tame(a, b, q, r):\n    return 2 * b * np.sqrt(q / r)", says="stops turning at all"),
    ],
    "brake": [
        swap("[1, leak + theta_x]", "[1, c + theta_x]", says="its own child"),
        swap("return low", "return -low", says="sign is wrong"),
        swap("leak + theta_x", "leak", says="theta_x is forgotten"),
        swap("r_w / r", "0", says="r_w is forgotten|where .* is right"),
        write("def brake(c, q, r_w, r, theta_w, theta_x):\n    return -4.0", says="where .* is right"),
    ],
}
