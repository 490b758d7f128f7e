"""Whole commands whose results do not fit on the disk: one line names the file, and what was there stays whole."""

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from browser import made_run
from full_disk import full_disk  # noqa: F401 - a fixture
from leap_explorer import cli
from leap_explorer.runs.run import load_run, write_json
from toys import explorer

COLUMNS = ["--text", "text", "--label", "label", "--probability", "p_*", "--projection", "pca"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a table, and two runs with an insight."""
    place = tmp_path_factory.mktemp("place")
    texts = [
        f"a {'good' if row % 2 else 'bad'} film {np.random.default_rng(row).bytes(900).hex()}" for row in range(400)
    ]
    table = {"text": texts, "label": ["no", "yes"] * 200, "p_no": [0.8, 0.3] * 200, "p_yes": [0.2, 0.7] * 200}
    pd.DataFrame(table).to_csv(place / "table.csv", index=False)
    for name in ("first", "second"):
        made_run(place / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert called(patch, "import", "table.csv", *COLUMNS, "--out", "imported") == 0
    return place


def called(monkeypatch, *arguments):
    """Run the command in this process: its exit code."""
    monkeypatch.setattr(sys, "argv", ["leap-explorer", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code


#: The arguments, with the folder that is full as DISK, and a file of which the message speaks.
COMMANDS = {
    "import": (["import", "table.csv", *COLUMNS, "--out", "DISK/run"], "DISK/run"),
    "compact": (["compact", "first", "DISK/run"], "DISK/run"),
    "labels": (["labels", "first", "--csv", "DISK/labels.csv"], "DISK/labels.csv"),
    "label studio": (["labels", "imported", "--label-studio", "DISK/tasks.json"], "DISK/tasks.json"),
    "argilla": (["labels", "imported", "--argilla", "DISK/tasks.json"], "DISK/tasks.json"),
    "insights": (["insights", "imported", "--csv", "DISK"], "DISK"),
    "compare": (["compare", "first", "second", "--json", "DISK/changes.json"], "DISK/changes.json"),
    "report": (["explore", "first", "--export", "DISK/report.html"], "DISK/report.html"),
    "tests": (["tests", "new", "first", "--out", "DISK/tests.yaml"], "DISK/tests.yaml"),
}


def is_refused(said, folder):
    """Whether all that is said in the end is which file cannot be written, and why."""
    error = said.splitlines()[-1]
    return "Traceback" not in said and bool(
        re.fullmatch(rf"Error: {re.escape(str(folder))}.* cannot be written: No space left on device\.?", error)
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_a_file_is_named_and_the_old_one_stays(full_disk, place, monkeypatch, capsys, name):  # noqa: F811
    folder, fill = full_disk
    arguments, file = COMMANDS[name]
    target = Path(file.replace("DISK", str(folder)))
    is_run = target.name == "run"
    if is_run:
        (target / "notes").mkdir(parents=True)
        write_json(target / "run.json", load_run(place / "first").info)
    elif name not in ("tests", "insights"):  # which replace nothing
        target.write_text("old")
    old = {one: one.read_bytes() for one in folder.rglob("*") if one.is_file()}
    fill(0)
    monkeypatch.chdir(place)
    assert called(monkeypatch, *[one.replace("DISK", str(folder)) for one in arguments]) == 1
    said = capsys.readouterr().err
    assert is_refused(said, folder), said
    (folder / "filling").unlink()
    assert {one: one.read_bytes() for one in folder.rglob("*") if one.is_file() and one.suffix != ".lock"} == old


@pytest.mark.slow
def test_an_evaluation(full_disk, onnx_toy):  # noqa: F811
    folder, fill = full_disk
    fill(8192)
    options = ("--samples", 8, "--projection", "pca", "--out", folder / "run")
    result = explorer("evaluate", onnx_toy.folder, "--model", onnx_toy.model, *options)
    assert result.returncode == 1
    assert is_refused(result.stderr, folder), result.stderr
    assert not (folder / "run").exists()
