"""Wrong answers to the bank's tasks of lesson 16."""

from wrong_answers import swap, write

WRONG = {
    "has_been_shown": [  # right is BDF
        write("has_been_shown = 'BD'", says="F is missing: lesson 08"),
        write("has_been_shown = 'ABDF'", says="A is not among them: lesson 09: a scan of rules is no proof"),
        write("has_been_shown = 'BF'", says="D is missing: lesson 05"),
        write("has_been_shown = ''", says="is not it"),
        write("has_been_shown = 5", says="must be a text"),
    ],
    "seeds_needed": [
        swap("return n", "return n + 1", says="one more than"),
        swap("return n", "return n - 1", says="one less than"),
        write("def seeds_needed(p, sure):\n    return np.ceil(np.log(sure) / np.log(1 - p))", says="no failure"),
        write("def seeds_needed(p, sure):\n    return 10", says="where .* is right"),
    ],
}
