"""Wrong answers to the bank's tasks of lesson 11."""

from wrong_answers import swap, write

WRONG = {
    "error_by_age": [
        swap("t - jumps[last]", "t - jumps[0]", says="since the last one"),
        swap(
            "begun = last >= 0",
            "begun = t >= t[0]",
            "t - jumps[last]",
            "np.where(last >= 0, t - jumps[last], t - t[0])",
            says="before the first jump are counted",
        ),
        swap("return np.array(found)", "return np.array(found) ** 2", says="square of what"),
        swap("return np.array(found)", "return np.array(found)[:-1]", says="shape"),
        write(
            "def error_by_age(t, error, jumps, edges):\n    return np.zeros(len(edges) - 1)", says="where .* is right"
        ),
    ],
    "fluke": [
        swap("range(wins, n + 1)", "range(wins + 1, n + 1)", says="belongs to the tail"),
        swap("one != two and not abs(one - two) <= ", "True or not abs(one - two) <= ", says="counted as lost"),
        swap("min(1.0, 2 * tail)", "tail", says="one direction"),
        write("def fluke(a, b):\n    return np.mean(a < b)", says="where .* is right"),
    ],
}
