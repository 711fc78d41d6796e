"""Two further tasks for lesson 06: other conditions at the two ends."""

import numpy as np
from scipy.integrate import solve_bvp

from hlp_edu.course.teaching.bank import Item

LESSON = "06_two_ends_of_time"


def dock(dice):
    """The prices at both ends when the end is demanded, or paid for."""
    pinned = bool(dice.integers(2))
    s = float(dice.choice([2.0, 3.0, 5.0]))
    demand = (
        "must be exactly $y$"
        if pinned
        else rf"should be near $y$: the cost has the further term $\tfrac{{{s:g}}}{{2}} (x(T) - y)^2$"
    )
    end = "end[0] - y" if pinned else f"end[1] - {s:g} * (end[0] - y)"

    def exact(a, b, q, r, T, x0, y):
        k = b**2 / r

        def law(t, u):
            return np.array([a * u[0] - k * u[1], -q * u[0] - a * u[1]])

        def ends(at_0, at_T):
            return np.array([at_0[0] - x0, at_T[0] - y if pinned else at_T[1] - s * (at_T[0] - y)])

        t = np.linspace(0, T, 201)
        found = solve_bvp(law, ends, t, np.zeros((2, t.size)), tol=1e-9, max_nodes=20000)
        return found.sol(0.0)[1], found.sol(T)[1]

    def shot(condition, sign=1):
        def mistake(right, a, b, q, r, T, x0, y):
            nu = np.sqrt(a**2 + q * b**2 / r)
            M = np.array([[a, -(b**2) / r], [-sign * q, -sign * a]])
            w, V = np.linalg.eig(M.astype(complex))
            E = (V @ np.diag(np.exp(w * T)) @ np.linalg.inv(V)).real
            p0 = condition(E, x0, y, nu)
            return p0, round(E[1] @ [x0, p0], 12)

        return mistake

    def aimed(E, x0, y, nu):
        c, d = (E[0], y) if pinned else (E[1] - s * E[0], -s * y)
        return (d - c[0] * x0) / c[1]

    return Item(
        title="An end that is demanded" if pinned else "An end that is paid for",
        points=3,
        minutes=25,
        text=r"""
A boat with $x' = a x + b v$ starts at $x(0) = x_0$ (`x0`) and pays $\tfrac q2 x^2 + \tfrac r2 v^2$ per unit of time.
Its end is not left free: $x(T)$ @demand@. Between the ends the canonical equations hold as always,

$$x' = a x - \tfrac{b^2}{r}\, p, \qquad p' = -q x - a p ,$$

but (9) does not: go back to the term $-p(T)\, \delta x(T)$ of lesson 01. Which condition stands at $T$ now? Return the
prices at both ends, $p(0)$ and $p(T)$. The equations are linear, so two short shots, or one matrix exponential, are
enough ($T$ is short).""",
        answer='''
def dock(a, b, q, r, T, x0, y):
    """The prices p(0) and p(T)."""
    ### BEGIN SOLUTION
    from scipy.linalg import expm

    E = expm(T * np.array([[a, -(b**2) / r], [-q, -a]]))

    def miss(p0):
        end = E @ [x0, p0]
        return @end@

    p0 = -miss(0) / (miss(1) - miss(0))
    return p0, (E @ [x0, p0])[1]
    ### END SOLUTION''',
        words=dict(demand=demand, end=end),
        example="-1.0, 1.0, 10.0, 0.5, 0.5, 1.0, 0.3",
        inputs=lambda dice: [
            (dice.uniform(-1, 1), *dice.uniform((0.5, 2, 0.3, 0.3), (1.5, 9, 1, 0.8)), *dice.normal(size=2))
            for _ in range(4)
        ],
        expected=exact,
        tolerance=1e-4,
        mistakes={
            "p(T) is 0 only where the end is free": shot(lambda E, x0, y, nu: -E[1, 0] * x0 / E[1, 1]),
            "the equation of p is flipped: this is no optimum": shot(aimed, sign=-1),
            "the two are in the other order": lambda right, *given: right[::-1],
            "y is forgotten": lambda right, a, b, q, r, T, x0, y: exact(a, b, q, r, T, x0, 0.0),
            "the start is forgotten": lambda right, a, b, q, r, T, x0, y: exact(a, b, q, r, T, 0.0, y),
        }
        | (
            {
                "p(T) is the slope of the last term: its sign is wrong": shot(
                    lambda E, x0, y, nu: (s * y - (E[1, 0] + s * E[0, 0]) * x0) / (E[1, 1] + s * E[0, 1])
                )
            }
            if not pinned
            else {}
        ),
        moral="There are as many conditions as before. What is known of the state at an end is not known of the price.",
    )


def round_trip(dice):
    """The best run whose two ends are joined."""
    sign = int(dice.choice([-1, 1]))
    word = "$x_N = x_0$" if sign > 0 else "$x_N = -x_0$"

    def best(z, a, b, q, r, dt, sign=sign, free=True):
        """The least squares of all terms of the cost."""
        N = len(z)
        ahead = np.eye(N, k=1)
        ahead[-1, 0] = sign
        v = (ahead - (1 + a * dt) * np.eye(N)) / (b * dt)
        rows, right = np.vstack([np.sqrt(q) * np.eye(N), np.sqrt(r) * v]), np.append(np.sqrt(q) * z, np.zeros(N))
        if free:
            return np.linalg.lstsq(rows, right, rcond=None)[0]
        return np.append(0, np.linalg.lstsq(rows[:, 1:], right, rcond=None)[0])

    def loose(right, z, a, b, q, r, dt, x0=True):
        N = len(z)
        v = (np.eye(N + 1, k=1) - (1 + a * dt) * np.eye(N + 1))[:-1] / (b * dt)
        rows = np.vstack([np.sqrt(q) * np.eye(N + 1)[:-1], np.sqrt(r) * v])
        target = np.append(np.sqrt(q) * z, np.zeros(N))
        if x0:
            return np.append(0, np.linalg.lstsq(rows[:, 1:], target, rcond=None)[0])[:-1]
        return np.linalg.lstsq(rows, target, rcond=None)[0][:-1]

    return Item(
        title="A round trip",
        points=4,
        minutes=25,
        text=r"""
A machine does the same work every day, so neither its start nor its end is given: they are **joined**. In Euler steps,
$x_{k+1} = x_k + dt\,(a x_k + b v_k)$ for $k = 0, \dots, N - 1$, with the condition @word@ and the cost

$$\sum_{k=0}^{N-1} dt \bigl[ \tfrac q2 (x_k - z_k)^2 + \tfrac r2 v_k^2 \bigr] .$$

Return the best $x_0, \dots, x_{N-1}$, an array as long as `z`. How you find it is up to you: by costates (what does the
joint demand of $p$?), or by writing the cost as one sum of squares in the unknown states and solving a linear
system.""",
        answer='''
def round_trip(z, a, b, q, r, dt):
    """The states of the best run whose ends are joined."""
    ### BEGIN SOLUTION
    N = len(z)
    equations, right = np.zeros((2 * N, 2 * N)), np.zeros(2 * N)  # unknown: x, then p, both before each step
    for k in range(N):
        after, turn = (k + 1) % N, @sign@ if k == N - 1 else 1  # the joint: x and p come back the same way
        equations[k, after] += turn  # x[k+1] = (1 + a dt) x[k] - dt b^2 / r p[k+1]
        equations[k, k] -= 1 + a * dt
        equations[k, N + after] += turn * dt * b**2 / r
        equations[N + k, N + k] += 1  # p[k] = p[k+1] + dt (q (x[k] - z[k]) + a p[k+1])
        equations[N + k, N + after] -= turn * (1 + a * dt)
        equations[N + k, k] -= dt * q
        right[N + k] = -dt * q * z[k]
    return np.linalg.solve(equations, right)[:N]
    ### END SOLUTION''',
        words=dict(word=word, sign=sign),
        example="np.array([1.0, 0.5, -0.5, 0.0]), -1.0, 1.0, 10.0, 0.1, 0.1",
        inputs=lambda dice: [
            (dice.normal(size=n), dice.uniform(-2, -0.2), *dice.uniform((0.5, 2, 0.1), (2, 9, 1)), 0.05)
            for n in (6, 15, 30)
        ],
        expected=best,
        tolerance=1e-5,
        mistakes={
            "its start is held at 0; here the start is free": loose,
            "its two ends are not joined": lambda *given: loose(*given, x0=False),
            "the ends are joined with the wrong sign": lambda right, *given: best(*given, sign=-sign),
            "it starts and ends at 0: joined ends may be anywhere": lambda right, *given: best(*given, free=False),
            "this is the target itself: pushing costs something": lambda right, z, *given: z,
        },
        moral="Conditions at two ends, conditions on both at once: a linear solver does not mind.",
    )


TASKS = [dock, round_trip]
