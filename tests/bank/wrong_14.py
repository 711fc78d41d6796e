"""Wrong answers to the bank's tasks of lesson 14."""

from wrong_answers import swap, write

WRONG = {
    "fading": [
        swap("np.isfinite(z) or False", "True", says="must not make the others older"),
        swap("keep * weight, keep * total, keep * square", "weight, total, square", says="nothing fades"),
        swap("np.sqrt(max(0.0, square / weight - mean**2))", "square / weight - mean**2", says="this is the variance"),
        swap("    mean = total / weight", "    mean = total / weight\n    return mean", says="must be 2 things"),
        write("def fading(values, keep):\n    return np.mean(values), np.var(values)", says="no finite number"),
    ],
    "far_ahead": [
        swap("return 1 - ", "return ", says="1 minus it"),
        swap(
            "abs(guesses[k] - values[k + h])",
            "abs(guesses[k] - values[k])",
            "guesses[k] + ",
            "guesses[k] + values[k] + ",
            says=r"about step k \+ h",
        ),
        swap("place = k + h - period * int(np.ceil(h / period))", "place = k", says="reference is another one"),
        swap(") ** 2", ") ** 1", says="other kind of error"),
        write("def far_ahead(values, guesses, h, period):\n    return 0.0", says="where .* is right"),
    ],
}
