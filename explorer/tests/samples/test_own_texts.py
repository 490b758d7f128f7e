"""An integration that names its own texts: asked in its process, for the page."""

import os
import shutil

import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import Reader
from leap_explorer.runs.names import unique_names
from leap_explorer.runs.run import load_run
from leap_explorer.runs.sources import Sources
from leap_explorer.samples.drawer import SampleDrawer
from leap_explorer.samples.own_texts import declared_texts
from leap_explorer.samples.readers import IntegrationTextReader, reader_of

FIRST = "v/3?x=<3>"
DECLARED = '[tool.leap-explorer]\ntexts = "own.mine:texts_of"\n'
#: Its colours say how long a word is; it answers with what it knows of its process, too.
MINE = """
import os
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.alignment import Span
from leap_explorer.explain.reader import Explanation


def texts_of(model):
    return Texts(model.name)


class Texts:
    def __init__(self, model):
        self.model = model

    def text(self, sample_id):
        return None if "gone" in sample_id else f"As Written: {sample_id}"

    def explain(self, text, target):
        if not text:
            raise ExplorerError("There is no word.")
        spans = (Span(0, len(text), float(len(text)), True),)
        return Explanation({"left": 1.0}, target, spans, self.model, {"env": os.environ.get("OWN", "")}, None, None)

    def label_csv(self, decisions):
        return f"{len(decisions)} decisions"
"""


@pytest.fixture(scope="module")
def project(gallery, tmp_path_factory):
    """The gallery's integration and run in a folder of their own, with texts of its own."""
    home = tmp_path_factory.mktemp("own") / "project"
    shutil.copytree(gallery.folder.parent, home)
    folder = home / gallery.folder.name
    (folder / "pyproject.toml").write_text(DECLARED)
    (folder / "own").mkdir()
    (folder / "own" / "mine.py").write_text(MINE)
    return folder, load_run(home / gallery.out.relative_to(gallery.folder.parent))


@pytest.fixture(scope="module")
def reader(project):
    folder, run = project
    found = reader_of([run, run], [Sources(folder, folder / "model.onnx")] * 2)
    yield found
    found.close()


def test_reads_draws_and_explains(reader):
    assert isinstance(reader, Reader)
    assert isinstance(reader, SampleDrawer)


def test_texts_as_they_were_written(reader):
    assert reader.text(FIRST) == f"As Written: {FIRST}"
    assert reader.text("of another run") is None


def test_explains_a_text_in_the_process_of_the_run(reader, project):
    name = unique_names([project[1]] * 2)[1]
    found = reader.explain(name, "A film", "left")
    assert (found.target, found.method, found.spans[0].score) == ("left", "model.onnx", 6.0)


def test_what_it_cannot_explain(reader, project):
    with pytest.raises(ExplorerError, match=r"There is no word\."):
        reader.explain(unique_names([project[1]] * 2)[0], "", "left")


def test_environment_of_a_run(project):
    folder, run = project
    alone = reader_of([run], [Sources(folder, folder / "model.onnx")], environments=[os.environ | {"OWN": "mine"}])
    try:
        assert alone.explain(run.name, "A film", "left").settings == {"env": "mine"}
    finally:
        alone.close()


def test_labels_to_train_on_are_its_own(reader):
    assert reader.label_csv([{"id": FIRST, "verdict": "flip", "label": "left"}]) == "1 decisions"


def test_preparation_opens_texts_and_models(reader):
    assert len([step() for step in reader.preparation()]) == 3


def test_a_model_that_is_not_the_runs_explains_nothing(project):
    folder, run = project
    other = folder / "other.onnx"
    other.write_bytes((folder / "model.onnx").read_bytes() + b"\0")
    found = reader_of([run], [Sources(folder, other)])
    try:
        with pytest.raises(ExplorerError, match="is not the file that this run was made with"):
            found.explain(run.name, "A film", "left")
        assert "is not the file" in found.notes(run)[0]
        assert found.drawings(run, "validation", FIRST)
    finally:
        found.close()


def test_without_texts_of_its_own_nothing_is_explained(gallery):
    found = reader_of([load_run(gallery.out)])
    assert type(found) is IntegrationTextReader
    assert not isinstance(found, Reader)


@pytest.mark.parametrize(
    ("content", "named"),
    [(DECLARED, "own.mine:texts_of"), ("", None), ("[tool.poetry]\n", None), ("[tool.leap-explorer]\n", None)],
)
def test_declared(tmp_path, content, named):
    (tmp_path / "pyproject.toml").write_text(content)
    assert declared_texts(tmp_path) == named


def test_no_project_file(tmp_path):
    assert declared_texts(tmp_path) is None


@pytest.mark.parametrize("value", ["3", '"mine"', '":texts"', '"mine:"', '["mine:texts"]'])
def test_declared_wrongly(tmp_path, value):
    (tmp_path / "pyproject.toml").write_text(f"[tool.leap-explorer]\ntexts = {value}\n")
    with pytest.raises(ExplorerError, match="as module:function, not"):
        declared_texts(tmp_path)


@pytest.mark.parametrize("content", ["tool = 3", "[tool", "[[tool]]"])
def test_damaged_project_file(tmp_path, content):
    (tmp_path / "pyproject.toml").write_text(content)
    with pytest.raises(ExplorerError, match=r"pyproject\.toml cannot be read"):
        declared_texts(tmp_path)
