"""Wrong answers to the tasks of lesson 08."""

from wrong_answers import swap, write

WRONG = {
    "flip": [
        swap("[Q, A.T - theta", "[-Q, -A.T - theta", says="not flipped"),
        swap("[[A, -S]", "[[-A, S]", says="whole film"),
        swap("A.T -", "A -", says="against the arrows"),
        swap("np.linalg.solve(R, B.T)", "B.T", says="no R in S"),
        swap("np.linalg.solve(R, B.T)", "R @ B.T", says="multiplies by R"),
        swap("A.T - theta", "A.T + theta", says="friction has the wrong sign"),
        swap(" - theta * np.eye(len(A))", "", says="friction is missing"),
        swap("]])", "]])[:4, :4]", says="has the shape"),
        write(
            """
from hlp_edu.linear_quadratic import LQTracking


def flip(A, B, Q, R, theta):
    return LQTracking(A, B, Q, R, [hlp.constant(0)] * len(A)).flipped_matrix(theta)
""",
            says="calls the library's `LQTracking`",
        ),
        swap("[[A, -S]", "[[A - theta * np.eye(len(A)), -S]", says="friction on x too"),
        swap("]])", "]]).T", says="rows and columns"),
        swap("[Q, A.T", "[Q, -A.T", says="only Q changed"),
        swap("[Q, A.T", "[-Q, A.T", says="only A transposed changed"),
        swap("-S", "S", says="control has the wrong sign"),
        swap("theta * np.eye(len(A))", "theta", says="every entry of a block"),
        swap("A.T - theta * np.eye(len(A))", "A.T * (1 - theta)", says="where .* is right"),
        swap("return np.block([[A, -S], [Q, A.T - theta * np.eye(len(A))]])", "return np.block([A, -S])", says="shape"),
    ],
    "stable": [
        swap("2 * a < theta and a**2 - a * theta + q * b**2 / r > 0", "a < 0", says="theta is forgotten"),
        swap(" and a**2 - a * theta + q * b**2 / r > 0", "", says="second condition"),
        swap("2 * a < theta and ", "", says="first condition"),
        swap(
            "return 2 * a < theta and a**2 - a * theta + q * b**2 / r > 0",
            "return not (2 * a < theta and a**2 - a * theta + q * b**2 / r > 0)",
            says="other way round",
        ),
        swap("2 * a < theta and a**2 - a * theta + q * b**2 / r > 0", "a < theta", says="both rates count"),
        swap(" and ", " or ", says="both must hold"),
        swap("q * b**2 / r", "q / r", says="b is missing"),
        swap("return", "return 1.0 if", "r > 0", "r > 0 else 0.0", says="True or False"),
    ],
    "follow": [
        swap(" + theta)", ")", says="without friction"),
        swap("+ theta)", "- theta)", says="friction has the wrong sign"),
        swap("(1j * wave - a) * (1j * wave - a + theta)", "(1j * wave - a + theta) ** 2", says="friction is on x too"),
        swap(
            "return omega2 / (omega2 + (1j * wave - a) * (1j * wave - a + theta))",
            "return omega2 / (omega2 - (1j * wave - a) * (1j * wave + a + theta))",
            says="canonical answer",
        ),
        swap("1j * wave - a)", "-1j * wave - a)", "1j * wave - a + theta", "-1j * wave - a + theta", says="runs ahead"),
        swap(
            "return omega2 / (omega2 + (1j * wave - a) * (1j * wave - a + theta))",
            "return abs(omega2 / (omega2 + (1j * wave - a) * (1j * wave - a + theta)))",
            says="answer is complex",
        ),
        swap("q * b**2 / r", "q / r", says="b is missing"),
        swap("1j *", "", says="where .* is right"),
    ],
    "two_cells": [
        swap("one * two * (one + two) ** 2", "4.0", says="two leaks of 1"),
        swap("one * two * (one + two) ** 2", "4 * ((one + two) / 2) ** 4", says="their mean"),
        swap("one * two * (one + two) ** 2", "4 * (one * two) ** 2", says="geometric mean"),
        swap("one * two * (one + two) ** 2", "(one * two) ** 0.5 * (one + two)", says="square root"),
        swap("one * two * (one + two) ** 2", "4 * one**4", says="only one of the leaks"),
        swap("** 2", "** 3", says="where .* is right"),
    ],
    "choose": [
        swap("return 1 if H < 0 and dx * dp > 0 else -1", "return -1", says="never settles"),
        swap("return 1 if H < 0 and dx * dp > 0 else -1", "return 1", says="explodes"),
        swap("else -1", "else 0", says="a sign is .1 or -1"),
        swap("H < 0 and ", "", says="explodes|never settles|times is asked"),
        swap(" and dx * dp > 0", "", says="explodes|never settles|times is asked"),
        swap("H < 0 and dx * dp > 0", "H > 0", says="explodes|never settles"),
        swap(
            "dx, dp = x - x_rest, p - a * x_rest * r / b**2", "dx, dp = x, p", says="where the rest point is|explodes"
        ),
        swap(
            "z * omega2 / (omega2 + a**2)",
            "z",
            "p - a * x_rest * r / b**2",
            "p",
            says="where the rest point is|times is asked|explodes",
        ),
        swap("q / 2 * dx**2 + a * dx * dp - b**2 / (2 * r) * dp**2", "dx - dp", says="explodes|never settles|times"),
        swap("return 1 if H < 0", "return 0.5 if H < 0", says="a sign is .1 or -1"),
    ],
}
