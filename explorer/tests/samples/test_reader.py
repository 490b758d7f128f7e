"""Samples asked for in an integration's own process."""

import json
import shutil
from types import SimpleNamespace

import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.runs.run import load_run
from leap_explorer.runs.sources import Sources
from leap_explorer.samples.drawings import Boxes, Image
from leap_explorer.samples.reader import RunSamples
from leap_explorer.samples.readers import IntegrationReader, IntegrationTextReader, reader_of
from leap_explorer.samples.where import given_sources

FIRST, FLAWED = "v/3?x=<3>", "v/39?x=<39>"


@pytest.fixture(scope="module")
def samples(gallery):
    found = RunSamples(load_run(gallery.out))
    yield found
    found.close()


@pytest.fixture
def copied(gallery, tmp_path):
    """The integration and its run, in one folder that a test may change."""
    shutil.copytree(gallery.folder.parent, tmp_path / "project")
    return SimpleNamespace(
        folder=tmp_path / "project" / gallery.folder.name,
        run=load_run(tmp_path / "project" / gallery.out.relative_to(gallery.folder.parent)),
    )


def drawn(run, given=None):
    """A sample's drawings by the visualizers' names, and the notes, by a reader that ends with them."""
    found = RunSamples(run, given)
    try:
        return {one.name: one for one in found.drawings("validation", FIRST)}, found.notes
    finally:
        found.close()


def test_every_visualizer_draws_in_the_order_of_the_integration_test(samples):
    drawings = samples.drawings("validation", FIRST)
    assert [one.name for one in drawings][:3] == ["picture", "faint picture", "boxes"]
    assert len(drawings) == 15
    assert {one.name: one.problem for one in drawings if one.problem} == {}
    assert isinstance(drawings[0].content, Image)
    assert samples.notes == ()


def test_what_shows_the_prediction_asks_the_model(samples):
    bars = next(one.content for one in samples.drawings("validation", FIRST) if one.name == "bars")
    row = load_run(samples._run.path).samples.set_index("id").loc[FIRST]
    assert bars.values == pytest.approx((row["probability_left"], row["probability_right"]), abs=1e-5)
    assert bars.truth == (0.0, 1.0)


def test_one_that_raises_takes_none_of_the_others_with_it(samples):
    drawings = {one.name: one for one in samples.drawings("validation", FLAWED)}
    assert drawings["raises"].problem.startswith("StopIteration: no message (integration.py:")
    assert isinstance(drawings["boxes"].content, Boxes)


def test_a_sample_that_is_not_there(samples):
    with pytest.raises(ExplorerError, match="no sample v/99 in the subset validation any more"):
        samples.drawings("validation", "v/99")


def test_what_drove_it_is_laid_on_what_is_drawn(samples):
    found = samples.heats("validation", FIRST, 1)
    assert found.method == "occlusion"
    by_name = {one.name: one for one in found.drawings}
    assert by_name["picture"].content.layers[0].label == "occlusion: 1"
    assert "heatmap_function" in by_name["text"].problem
    assert samples.heats("validation", FIRST, "loss").drawings[0].content.layers[0].label == "occlusion: loss"


def test_small_picture(samples):
    assert samples.shows_pictures
    assert (samples.thumbnail("validation", FIRST).width, samples.thumbnail("training", "t/0?x=<0>").height) == (16, 16)


def test_texts(samples):
    assert samples.texts("validation", [FIRST, "gone"]) == ["<script> the left half is bright", None]


def test_the_folder_can_move(copied):
    assert drawn(copied.run)[0]["bars"].content is not None


def test_an_integration_that_is_gone(copied):
    copied.folder.rename(copied.folder.with_name("moved"))
    with pytest.raises(ExplorerError, match=r"no longer in .*--integration DIR"):
        drawn(copied.run)
    (given,) = given_sources(
        [copied.run], copied.folder.with_name("moved"), [copied.folder.parent / "moved/model.onnx"]
    )
    assert drawn(copied.run, given)[0]["bars"].content is not None


def test_an_integration_that_changed_is_shown_only_if_it_was_asked_for(copied):
    code = copied.folder / "integration.py"
    code.write_text(code.read_text() + "\n# changed\n")
    with pytest.raises(ExplorerError, match="code has changed since this run"):
        drawn(copied.run)
    drawings, notes = drawn(copied.run, copied.run.sources)
    assert drawings["picture"].content is not None
    assert notes == ("The integration's code has changed since this run was made; this is what it draws now.",)


def test_without_its_model_what_needs_none_is_drawn(copied):
    (copied.folder / "model.onnx").unlink()
    drawings, notes = drawn(copied.run)
    assert drawings["picture"].content is not None
    assert drawings["bars"].problem == "The model is not at hand, and this shows what it says."
    assert "The model is no longer at" in notes[0]


def test_another_model_in_its_place_is_not_asked(copied):
    path = copied.folder / "model.onnx"
    path.write_bytes(path.read_bytes() + b"\0")
    drawings, notes = drawn(copied.run)
    assert drawings["bars"].content is None
    assert "is not the file that this run was made with" in notes[0]


def test_a_run_that_says_nothing_of_its_integration(copied):
    info = json.loads((copied.run.path / "run.json").read_text())
    del info["sources"]
    (copied.run.path / "run.json").write_text(json.dumps(info))
    run = load_run(copied.run.path)
    assert reader_of([run]) is None
    with pytest.raises(ExplorerError, match="does not say where its integration is"):
        drawn(run)


def test_a_crash_is_told_and_the_next_question_opens_anew(copied):
    code = copied.folder / "integration.py"
    text = (
        code.read_text()
        .replace("raise StopIteration", "os._exit(3)")
        .replace("import numpy", "import os\nimport numpy", 1)
    )
    code.write_text(text)
    found = RunSamples(copied.run, copied.run.sources)
    try:
        with pytest.raises(ExplorerError, match="exit code 3"):
            found.drawings("validation", FLAWED)
        assert found.drawings("validation", FIRST)
    finally:
        found.close()


class TestReaderOf:
    def test_an_integration_that_cannot_be_opened_is_asked_for_few_texts(self, copied):
        """Searching asks for all of them, and each question would start its process anew."""
        (copied.folder / "integration.py").write_text("open('opened', 'a').write('x')\nraise ValueError('broken')\n")
        reader = reader_of([copied.run], [copied.run.sources])
        try:
            for subset in ("training", "validation"):
                for number in range(40):
                    reader._texts.clear()
                    assert reader.text(f"{subset[0]}/{number}?x=<{number}>") is None
            with pytest.raises(ExplorerError, match="broken"):
                reader.drawings(copied.run, "validation", FIRST)
        finally:
            reader.close()
        # Each opening runs the code a few times, so eighty questions would leave hundreds
        assert len((copied.folder / "opened").read_text()) < 40

    def test_an_integration_that_shows_text_is_searched(self, gallery):
        run = load_run(gallery.out)
        reader = reader_of([run])
        assert isinstance(reader, IntegrationTextReader)
        try:
            assert reader.text(FIRST) == "<script> the left half is bright"
            assert reader.text("gone") is None
            assert "v/3?x=<3>,<script> the left half is bright,right,validation" in reader.label_csv([])
        finally:
            reader.close()

    @pytest.mark.slow
    def test_one_that_shows_pictures_alone_has_no_texts(self, image_toy):
        reader = reader_of([load_run(image_toy.out)])
        assert type(reader) is IntegrationReader
        assert reader.shows_pictures(load_run(image_toy.out))

    @pytest.mark.slow
    def test_runs_of_two_integrations_with_modules_of_one_name(self, gallery, image_toy):
        first, second = load_run(gallery.out), load_run(image_toy.out)
        reader = reader_of([first, second])
        try:
            assert len(reader.drawings(first, "validation", FIRST)) == 15
            assert [one.name for one in reader.drawings(second, "training", "3")] == ["picture"]
            assert reader.thumbnail(second, "training", "3").width == 8
        finally:
            reader.close()


class TestGivenSources:
    def test_nothing_given(self, gallery):
        assert given_sources([load_run(gallery.out)], None, []) == [None]

    def test_a_model_alone(self, gallery):
        run = load_run(gallery.out)
        assert given_sources([run], None, [gallery.model]) == [Sources(gallery.folder, gallery.model)]

    def test_what_is_not_there(self, gallery, tmp_path):
        run = load_run(gallery.out)
        with pytest.raises(ExplorerError, match="There is no folder"):
            given_sources([run], tmp_path / "gone", [])
        with pytest.raises(ExplorerError, match="There is no model"):
            given_sources([run], None, [tmp_path / "gone.h5"])
        with pytest.raises(ExplorerError, match="given 2 times for 1 runs"):
            given_sources([run], None, [gallery.model, gallery.model])
