"""Wrong answers to the bank's tasks of lesson 15."""

from wrong_answers import swap, write

WRONG = {
    "peeked": [
        write("peeked = 'ABCDEF'", says="is not it|not among them"),
        write("peeked = 'XYZ'", says="is not it"),
        write("peeked = ['A']", says="must be a text"),
    ],
    "shuffled": [
        swap("return np.mean(", "return 1 - np.mean(", says="1 minus it"),
        swap("1e-12)", "(-1e-12))", says="belongs to the count"),
        write("def shuffled(ours, theirs):\n    return np.mean(ours < theirs)", says="where .* is right"),
    ],
}
