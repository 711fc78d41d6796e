"""Wrong answers to the bank's tasks of lesson 03."""

from wrong_answers import swap, write

WRONG = {
    "unlike": [
        write("def unlike(first, second):\n    return 1 / first + 1 / second", says="mean delay"),
        swap("        if np", "        return 1 - np.exp(-second * t)\n        if np", says="second neuron alone"),
        swap("        if np", "        return 1 - np.exp(-first * t)\n        if np", says="the first neuron"),
        swap(
            "        if np",
            "        return 1 - np.exp(-min(first, second) * t)\n        if np",
            says="slower neuron alone",
        ),
        swap("np.isclose(first, second)", "False", says="raised|no finite number"),
    ],
    "softly": [
        swap("if weight != 0", "if True", says="arcs of weight 0"),
        swap("u != 0", "u == u", says="inputs that are 0"),
        swap("power[j] + 1", "power[j]", says="where .* is right"),
        swap("power[:n], 0)", "power[:n] + 1, 0)", says="one too high"),
        swap("power[:n], 0)", "power[:n] - 1, 0)", says="one too low"),
        swap("power[:n], 0)", "power[:n], -1)", says="never moves gets 0"),
    ],
}
