"""Wrong answers to the bank's tasks of lesson 15."""

from wrong_answers import swap, write

WRONG = {
    "peeked": [  # right is ADE
        write("peeked = 'AD'", says="E is missing: the exam chose the rate"),
        write("peeked = 'ABDE'", says="B is not among them: other seeds are practice"),
        write("peeked = 'DE'", says="A is missing: the exam chose the seeds"),
        write("peeked = 'XYZ'", says="is not it"),
        write("peeked = ['A']", says="must be a text"),
    ],
    "shuffled": [
        swap("return np.mean(", "return 1 - np.mean(", says="1 minus it"),
        swap("1e-12)", "(-1e-12))", says="belongs to the count"),
        swap("values <= found", "np.abs(values) >= abs(found) -", says="both directions"),
        swap("np.mean(d)", "np.median(d)", "np.mean(np.array", "np.median(np.array", says="the mean is asked for"),
        write("def shuffled(ours, theirs):\n    return np.mean(ours < theirs)", says="where .* is right"),
    ],
}
