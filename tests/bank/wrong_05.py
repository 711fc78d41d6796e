"""Wrong answers to the bank's tasks of lesson 05."""

from wrong_answers import swap, write

WRONG = {
    "schedule": [
        swap("h**2 / r", "h / r", says="each of the two equations"),
        swap("1 - h * (", "1 - (", says="lacks h"),
        swap("1 - h * (", "h * (", says="1 minus this"),
        swap("t = n * h", "t = float(n)", says="number of the step"),
        write("def schedule(n, h, r):\n    return h**2 / r", says="must be 2 things"),
    ],
    "faded": [
        swap(
            "        factors[layer] = behind\n",
            "",
            "        behind =",
            "        factors[layer] = behind\n        behind =",
            says="own friction is forgotten",
        ),
        swap("behind * c[layer] /", "c[layer] /", says="own number alone"),
        swap("range(len(c) - 1, -1, -1)", "range(len(c))", says="from the input on"),
        swap("theta)\n", "-theta)\n", says="wrong sign at rest"),
        swap("return factors", "return factors[-1]", says="shape"),
    ],
}
