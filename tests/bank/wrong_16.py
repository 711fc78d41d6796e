"""Wrong answers to the bank's tasks of lesson 16."""

from wrong_answers import swap, write

WRONG = {
    "has_been_shown": [
        write("has_been_shown = 'ABCDEF'", says="is not it|not among them"),
        write("has_been_shown = ''", says="is not it|missing"),
        write("has_been_shown = 5", says="must be a text"),
    ],
    "seeds_needed": [
        swap("return n", "return n + 1", says="one more than"),
        swap("return n", "return n - 1", says="one less than"),
        write("def seeds_needed(p, sure):\n    return np.ceil(np.log(sure) / np.log(1 - p))", says="no failure"),
        write("def seeds_needed(p, sure):\n    return 10", says="where .* is right"),
    ],
}
