"""Wrong answers to the bank's tasks of lesson 10."""

from wrong_answers import swap, write

WRONG = {
    "echo": [
        swap("-np.angle", "np.angle", says="wrong sign"),
        swap("abs(ratio),", "1 / abs(ratio),", says="upside down"),
        swap("abs(ratio),", "np.ptp(x) / np.ptp(z),", says="all of the output"),
        swap("abs(ratio),", "np.std(x) / np.std(z),", says="spreads"),
        write("def echo(t, z, x, period):\n    return 1.0", says="must be 2 things"),
    ],
    "newcomer": [
        swap("sinusoid(0.8, second)", "sinusoid(0.8, first)", says="wave does not change"),
        swap("[after.t < 21]", "", says="whole second run"),
        swap("after.t < 21", "after.t < 25", says="first five"),
        swap("dt=0.01", "dt=0.001", says="library's own"),
        write("def newcomer(first, second, seed):\n    return hlp", says="must be 2 things"),
    ],
}
