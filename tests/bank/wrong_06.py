"""Wrong answers to the bank's tasks of lesson 06."""

from wrong_answers import swap, write

LOOSE = """
def round_trip(z, a, b, q, r, dt):
    N = len(z)
    x, p = np.zeros(N + 1), np.zeros(N + 1)
    M = np.zeros((2 * N + 2, 2 * N + 2))
    right = np.zeros(2 * N + 2)
    for k in range(N):
        M[k, k + 1], M[k, k], M[k, N + 2 + k] = 1, -(1 + a * dt), dt * b**2 / r
        M[N + k, N + 1 + k], M[N + k, N + 2 + k], M[N + k, k] = 1, -(1 + a * dt), -dt * q
        right[N + k] = -dt * q * z[k]
    M[-2, 0], M[-1, -1] = 1, 1
    return np.linalg.solve(M, right)[:N]
"""

WRONG = {
    "dock": [
        swap(
            "        end = E @ [x0, p0]\n",
            "        end = E @ [x0, p0]\n        return end[1]\n",
            says="only where the end is free",
        ),
        swap("[-q, -a]", "[q, a]", says="flipped"),
        swap("return p0, (E @ [x0, p0])[1]", "return (E @ [x0, p0])[1], p0", says="other order"),
        swap("    E = ", "    y = 0\n    E = ", says="y is forgotten"),
        swap("    E = ", "    x0 = 0\n    E = ", says="start is forgotten"),
    ],
    "round_trip": [
        write(LOOSE, says="start is held at 0"),
        swap("if k == N - 1 else 1", "* -1 if k == N - 1 else 1", says="wrong sign"),
        write("def round_trip(z, a, b, q, r, dt):\n    return z", says="the target itself"),
        swap("[:N]\n", "\n", says="shape"),
    ],
}
