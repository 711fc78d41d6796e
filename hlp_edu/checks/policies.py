"""A task whose answer is a sign policy: whether it is fair, and how well it tracks."""

import inspect

import numpy as np

from hlp_edu.checks.core import Task
from hlp_edu.checks.values import Empty, Refused, is_untouched

__all__ = ["OwnPolicy"]


class OwnPolicy(Task):
    """A task whose answer is a sign rule of the learner's own, to be run without dissipation.

    Parameters
    ----------
    *given
        Lesson, name and title.
    speed : float
        Of the neurons.
    scores : callable
        Takes the RMSEs of the policy, one row a target, and returns None or what is wrong.
    targets : callable
        Gives the targets.
    **others
        Of `Task`.
    """

    def __init__(self, *given, speed, scores, targets, **others):
        super().__init__(*given, properties=[scores], **others)
        self.speed, self.scores, self.targets = speed, scores, targets

    def _judge(self, answer):
        import hlp_edu as hlp

        if inspect.isfunction(answer):
            if is_untouched(answer):
                raise Empty
            try:
                answer = hlp.Policy(answer)
            except ValueError as error:
                raise Refused(str(error)) from None
        if not isinstance(answer, hlp.Policy):
            kind = type(answer).__name__
            raise Refused(f"`{self.name}` is no function but of the type {kind}: pass the rule, without calling it")
        if type(answer) is not hlp.Policy:
            raise Refused(f"`{answer}` is the library's; write a rule of your own")
        if answer.dissipation_w != 0 or answer.dissipation_x != 0:
            raise Refused(f"`{answer}` has friction, and the task is to do without")
        try:
            answer.rehearse(5, 30)
            runs = [self._runs(answer, target) for target in self.targets()]
        except ValueError as error:
            raise Refused(str(error)) from None
        self._fair(answer, runs[1][1])
        words = self.scores(np.array([[run.rmse(after=20 / 3) for run in some] for some, _ in runs]))
        if words:
            raise Refused(words)

    def _problem(self, target):
        import hlp_edu as hlp

        return hlp.Tracking(hlp.fully_connected(5), target, q=100, r_w=1, r=0.1, speed=self.speed)

    def _runs(self, policy, target):
        import hlp_edu as hlp

        problem = self._problem(target)
        return hlp.runs(problem, policy, seeds(), T=20, dt=2e-3, progress=False), problem

    def _fair(self, policy, problem):
        """Whether the rule chooses signs and does nothing else, at states that it came to and at random ones."""
        import hlp_edu as hlp

        run, dice = hlp.run(problem, policy, T=20, dt=2e-3, seed=7), np.random.default_rng(0)
        rows = np.linspace(0, len(run.t) - 1, 150).astype(int)
        H_x, H_w = problem.gradients(run.x[rows], run.w[rows], run.p_x[rows], run.p_w[rows], run.t[rows])
        lived = zip(run.t[rows], run.hamiltonian[rows], run.p_x[rows], run.p_w[rows], H_x, H_w, strict=True)
        bare = True
        made_up = [(dice.uniform(0, 20), *(dice.normal(size=shape) for shape in ((), 5, 30, 5, 30))) for _ in range(40)]
        for t, H, *arrays in [*lived, *made_up]:
            arrays = [np.array(value) for value in arrays]
            before, (s_x, s_w) = [value.copy() for value in arrays], _signs(policy, t, H, arrays)
            for name, old, new in zip(("p_x", "p_w", "H_x", "H_w"), before, arrays, strict=True):
                if not np.array_equal(old, new):
                    raise Refused(
                        f"the rule changes `{name}`: that is friction by another name. It may set signs alone"
                    )
            for name, s in (("s_x", s_x), ("s_w", s_w)):
                odd = s[np.abs(s) != 1]
                if odd.size:
                    raise Refused(
                        f"the rule sets an entry of `{name}` to {odd[0]:.3g}: a sign is +1 or -1. "
                        "A dial between them is friction by another name"
                    )
            bare = bare and (s_w == -1).all()
            for hours in (0.0, 0.3, 1.7, 4.1):
                later = _signs(policy, t + hours, H, [value.copy() for value in before])
                if all(np.array_equal(s, here) for s, here in zip(later, (s_x, s_w), strict=True)):
                    continue
                if hours == 0:
                    raise Refused("the rule chooses otherwise when it is asked again: no dice, please")
                raise Refused(
                    "the rule reads the clock: with it a target that is known by heart can be smuggled in. "
                    "Let it decide by H, the costates and the gradients"
                )
        if bare:
            raise Refused(
                "every sign of an arc stays -1, and that is the bare flip, which swings. If you wrote `s_w = ...`: "
                "that makes a new array, and `s_w[:] = ...` fills the one that counts"
            )


def _signs(policy, t, H, arrays):
    s_x, s_w = -np.ones(5), -np.ones(30)
    with np.errstate(all="ignore"):
        returned = policy.rule(float(t), float(H), *arrays, s_x, s_w)
    if returned is not None:
        raise Refused("the rule returns something, and that is not used: fill `s_x` and `s_w` in place")
    return s_x, s_w


def seeds():
    """Starts on which policies are judged."""
    return range(100, 105)
