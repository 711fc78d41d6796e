"""Wrong answers to the bank's tasks of lesson 14."""

from wrong_answers import swap, write

WRONG = {
    "fading": [
        write(
            "def fading(values, keep):\n    return np.nanmean(values), np.nanvar(values)", says="nothing fades|where"
        ),
        swap("    mean = total / weight", "    mean = total / weight\n    return mean", says="must be 2 things"),
        swap("keep * weight, keep * total, keep * square", "weight, total, square", says="nothing fades"),
        write("def fading(values, keep):\n    return np.mean(values), np.var(values)", says="no finite number"),
    ],
    "far_ahead": [
        swap("return 1 - ", "return ", says="1 minus it"),
        write("def far_ahead(values, guesses, h, period):\n    return 0.0", says="where .* is right"),
        swap("guesses[k]", "guesses[max(0, k - 1)]", says="too early|where .* is right"),
    ],
}
