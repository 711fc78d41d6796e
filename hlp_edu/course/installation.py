"""Is the installation sound? ``hlp-edu check`` examines it, and compiles the numerical code while doing so."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

from hlp_edu.course.files import CourseError, to_install
from hlp_edu.course.jupyter import environment

__all__ = []  # for the commands alone


def check_python():
    from packaging.specifiers import SpecifierSet

    version = sys.version.split()[0]
    wanted = _metadata().get("Requires-Python")
    if not SpecifierSet(wanted).contains(version, prereleases=True):
        raise CourseError(f"this is Python {version}, needed is {wanted}. Install with another Python.")
    return f"{version}, {sys.executable}"


def check_packages():
    from importlib.metadata import PackageNotFoundError, version

    from packaging.requirements import Requirement

    wrong, seen = [], []
    for line in _metadata().get_all("Requires-Dist", []):
        wanted = Requirement(line)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            installed = version(wanted.name)
        except PackageNotFoundError:
            installed = "missing"
        seen.append(f"{wanted.name} {installed}")
        if installed == "missing" or not wanted.specifier.contains(installed, prereleases=True):
            wrong.append(f"{seen[-1]}, needed is {wanted.specifier}")
    if wrong:
        repair = f'"{sys.executable}" -m pip install --upgrade {to_install()}'
        raise CourseError(f"{'; '.join(wrong)}. Repair with: {repair}")
    return ", ".join(seen)


def _metadata():
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        return metadata("hlp_edu")
    except PackageNotFoundError:
        raise CourseError(f"hlp_edu is not installed in {sys.executable}, only on its path. Use pip.") from None


def check_kernel():
    from jupyter_client.manager import start_new_kernel

    begun = time.perf_counter()
    try:
        os.environ.update(environment())  # where kernels are found
        manager, client = start_new_kernel(startup_timeout=60, kernel_name="python3", stderr=subprocess.DEVNULL)
    except Exception as error:
        raise CourseError(
            f"the kernel python3 does not start ({type(error).__name__}: {error}). Something may block "
            "connections inside this computer (a firewall?), or ipykernel is damaged: install it again with pip."
        ) from error
    try:
        said = []
        client.execute_interactive(
            "import sys; print(sys.prefix)",
            output_hook=lambda message: said.append(message["content"].get("text", "")),
            store_history=False,
            timeout=30,
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    prefix = "".join(said).strip()
    if Path(prefix).resolve() != Path(sys.prefix).resolve():
        raise CourseError(
            f"the kernel python3 runs in {prefix!r} instead of {sys.prefix!r}: a kernel of that name is "
            "registered elsewhere. See: jupyter kernelspec list"
        )
    return f"python3 starts in {time.perf_counter() - begun:.1f} s"


def check_sliders():
    from importlib.metadata import version

    from jupyter_core.paths import jupyter_path

    sides = {"jupyterlab_widgets": "@jupyter-widgets/jupyterlab-manager", "anywidget": "anywidget"}
    for package, extension in sides.items():
        if not any(Path(folder, extension, "package.json").is_file() for folder in jupyter_path("labextensions")):
            raise CourseError(
                f"JupyterLab's side of {package} is missing: what moves would not show. Repair with: "
                f'"{sys.executable}" -m pip install --force-reinstall --no-deps {package}'
            )
    return ", ".join(f"{package} {version(package)}" for package in ("ipywidgets", *sides))


@contextlib.contextmanager
def cache_explained():
    """Say in words what helps where numba finds no place for compiled code."""
    try:
        yield
    except RuntimeError as error:
        if "cannot cache" not in str(error):
            raise
        raise CourseError(
            "there is no place where compiled code may be kept. Set the environment variable NUMBA_CACHE_DIR "
            "to a folder that you may write to."
        ) from error


def check_computing():
    """Run every policy, the optimum and the linear-quadratic problem once: their compiled code is then on the disk."""
    begun = time.perf_counter()
    with cache_explained():
        import hlp_edu as hlp
        from hlp_edu.linear_quadratic import LQTracking

        problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
    damped = {"dissipation_w": 30.0, "dissipation_x": 5.0}
    policies = [kind(**damped) for kind in (hlp.Flipped, hlp.Periodic, hlp.HamiltonianBand, hlp.HamiltonianServo)]
    policies += [hlp.Canonical(), hlp.PerArc(0.03), hlp.GradientFlow(0.03), hlp.ProspectiveFlow(), hlp.Frozen()]
    for policy in policies:
        hlp.run(problem, policy, T=0.1)
    hlp.run(hlp.Tracking(hlp.fully_connected(8), hlp.sinusoid()), policies[0], T=0.1)  # enough for a block
    hlp.optimum(problem, T=0.2, progress=False)
    LQTracking(-1, 1, 10, 0.1, hlp.constant(0.8)).optimal(T=0.2)
    rmse = hlp.run(problem, policies[0], T=20).rmse(after=20 / 3)
    if not rmse < 0.2:
        raise CourseError(f"five neurons follow a sinusoid with an error of {rmse:.3f}; below 0.2 is right.")
    return f"five neurons follow a sinusoid, rmse {rmse:.3f}; all in {time.perf_counter() - begun:.1f} s"


CHECKS = {
    "Python": check_python,
    "packages": check_packages,
    "kernel": check_kernel,
    "sliders": check_sliders,
    "computing": check_computing,
}
