import subprocess
import sys

import pytest

import leap_explorer
from leap_explorer.errors import ExplorerError
from toys import environment

HEAVY = ("numpy", "pandas", "pyarrow", "dash", "sklearn", "scipy", "umap", "code_loader", "yaml", "tensorflow", "onnx")
#: What showing runs may load, and nothing of the rest.
LIGHT = ("numpy", "pandas", "pyarrow", "dash")


def loaded(code):
    """Which of the heavy libraries a program loads."""
    code += f"\nimport sys; print(*(name for name in {HEAVY} if name in sys.modules))"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment(), check=True, capture_output=True, text=True).stdout.split()


def test_importing_loads_nothing():
    assert loaded("import leap_explorer; dir(leap_explorer)") == []


def test_showing_loads_what_it_needs():
    code = "import leap_explorer, leap_explorer.cli, leap_explorer.dashboard.app, leap_explorer.dashboard.report.export"
    assert set(loaded(f"{code}; leap_explorer.explore; leap_explorer.evaluate")) <= set(LIGHT)


def test_names():
    assert set(leap_explorer.__all__) <= set(dir(leap_explorer))
    for name in leap_explorer.__all__:
        assert getattr(leap_explorer, name).__doc__, name
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = leap_explorer.nothing


def test_load_run(tmp_path):
    with pytest.raises(ExplorerError, match="There is no run at"):
        leap_explorer.load_run(str(tmp_path / "gone"))


@pytest.mark.slow
def test_find_insights_again(onnx_toy):
    run = leap_explorer.load_run(onnx_toy.out)
    found = leap_explorer.find_insights(run)
    assert [one.title for one in found.insights] == [one["title"] for one in run.insights]
    assert found.skipped == run.skipped_insights
    with pytest.raises(ExplorerError, match="has no column 'nothing'"):
        leap_explorer.find_insights(run, "nothing")


@pytest.mark.slow
def test_evaluate(onnx_toy, tmp_path):
    code = f"""
import leap_explorer
run = leap_explorer.evaluate({str(onnx_toy.folder)!r}, {str(onnx_toy.model)!r}, {str(tmp_path / "run")!r},
                             samples=10, subsets=["validation"], projection="pca")
print(len(run.samples), list(run.info["counts"]))
"""
    command = [sys.executable, "-c", code]  # a process can open one integration only
    result = subprocess.run(command, env=environment(), check=True, capture_output=True, text=True)
    assert result.stdout.splitlines()[-1] == "10 ['validation']"
