import re
import tomllib
from pathlib import Path

import pytest

from leap_explorer import extras
from leap_explorer.errors import ExplorerError
from leap_explorer.extras import EXTRAS, missing, require

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]


def names(requirements):
    return {re.match(r"[\w-]+", one).group() for one in requirements}


def test_they_are_those_of_the_package():
    declared = {extra: names(listed) for extra, listed in PROJECT["optional-dependencies"].items()}
    everything = declared.pop("all")
    assert {extra: set(packages.values()) for extra, packages in EXTRAS.items()} == declared
    assert everything == set().union(*declared.values())
    assert not everything & names(PROJECT["dependencies"])


def test_what_is_there_is_not_missing():
    assert missing("analysis") == []
    require("Looking for insights", "analysis")


def test_what_is_missing(monkeypatch):
    monkeypatch.setitem(extras.EXTRAS, "onnx", {"sklearn": "scikit-learn", "no_such_module": "no-such-package"})
    with pytest.raises(
        ExplorerError, match=r"^An ONNX model needs no-such-package: pip install 'leap-explorer\[onnx\]'$"
    ):
        require("An ONNX model", "onnx")
