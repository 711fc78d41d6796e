"""environment.yml gives conda users what pyproject.toml gives pip users, with the same bounds."""

import importlib.metadata
import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet


def bounds(lines):
    """Name and bounds of each requirement, without regard to spaces and to the order of bounds."""
    found = {}
    for line in lines:
        requirement = Requirement(line.replace(" ", ""))
        found[requirement.name] = requirement.specifier
    return found


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def conda(root):
    return yaml.safe_load((root / "environment.yml").read_text())["dependencies"]


@pytest.fixture(scope="module")
def by_conda(conda):
    return bounds(line for line in conda if isinstance(line, str))


def test_every_dependency_has_the_same_bounds(project, by_conda):
    declared = bounds(project["dependencies"])
    assert {name: by_conda.get(name) for name in declared} == declared


def test_python_has_the_same_bounds(project, by_conda):
    assert by_conda["python"] == SpecifierSet(project["requires-python"])


def test_conda_lists_nothing_else_but_test_tools_with_their_bounds(project, by_conda):
    tools = bounds(project["optional-dependencies"]["test"])
    extra = {name: by_conda[name] for name in by_conda.keys() - bounds(project["dependencies"]).keys()}
    assert extra.keys() == {"python", "pip", "nbval", "pytest"}
    assert extra["nbval"] == tools["nbval"] and extra["pytest"] == tools["pytest"]


def test_what_a_teacher_needs_is_tested(project):
    extras = project["optional-dependencies"]
    assert set(extras["teach"] + extras["site"]) <= set(extras["test"])


def test_conda_installs_the_clone(conda):
    assert {"pip": ["-e ."]} in conda


def test_every_dependency_is_bounded_below_and_above(project):
    extras = project["optional-dependencies"]
    lines = project["dependencies"] + extras["test"] + extras["teach"] + extras["site"]
    for name, specifier in bounds(lines).items():
        assert {bound.operator for bound in specifier} == {">=", "<"}, name
    assert {bound.operator for bound in SpecifierSet(project["requires-python"])} == {">=", "<"}


def test_this_environment_is_within_the_bounds(project):
    for name, specifier in bounds(project["dependencies"]).items():
        assert specifier.contains(importlib.metadata.version(name)), name


def test_lower_python_bound_is_what_ruff_assumes(root, project):
    ruff = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["ruff"]
    least = re.search(r">=3\.(\d+)", project["requires-python"]).group(1)
    assert ruff["target-version"] == f"py3{least}"


def test_the_citation_names_the_version(root):
    import hlp_edu

    citation = yaml.safe_load((root / "CITATION.cff").read_text())
    assert citation["version"] == hlp_edu.__version__
    assert citation["references"][0]["identifiers"][0]["value"] == "arXiv:2402.05959"
    assert f"## {hlp_edu.__version__}" in (root / "CHANGELOG.md").read_text()
