from pathlib import Path

from leap_explorer.runs.sources import Sources, sources_of, travelling


def test_what_lies_in_one_project_is_kept_relative_so_that_it_can_move(tmp_path):
    run = tmp_path / "project" / "runs" / "one"
    kept = Sources(tmp_path / "project", tmp_path / "project" / "models" / "m.h5").to_dict(run)
    assert kept == {"integration": "../..", "model": "../../models/m.h5"}
    moved = tmp_path / "elsewhere" / "runs" / "one"
    assert sources_of(kept, moved) == Sources(tmp_path / "elsewhere", tmp_path / "elsewhere" / "models" / "m.h5")


def test_what_has_only_the_root_in_common_is_kept_whole():
    kept = Sources(Path("/a/project"), Path("/a/m.onnx")).to_dict(Path("/b/run"))
    assert kept == {"integration": str(Path("/a/project").resolve()), "model": str(Path("/a/m.onnx").resolve())}


def test_a_model_that_the_integration_loads(tmp_path):
    kept = Sources(tmp_path / "project", None).to_dict(tmp_path / "run")
    assert kept == {"integration": "../project", "model": None}
    assert sources_of(kept, tmp_path / "run") == Sources(tmp_path / "project", None)


def test_what_says_nothing(tmp_path):
    for kept in (None, [], {}, {"integration": 3}):
        assert sources_of(kept, tmp_path) is None


class TestTravelling:
    def test_a_copy_within_the_project_finds_it_still(self, tmp_path):
        sources = Sources(tmp_path / "project", tmp_path / "project" / "m.h5")
        copy = travelling(sources, tmp_path / "project" / "shared" / "run")
        assert copy == {"integration": "../..", "model": "../../m.h5"}

    def test_a_copy_elsewhere_names_no_folder(self, tmp_path):
        assert travelling(Sources(tmp_path / "project", None), tmp_path / "other" / "run") is None

    def test_a_model_outside_of_the_project_is_left_out(self, tmp_path):
        sources = Sources(tmp_path / "project", tmp_path / "m.h5")
        assert travelling(sources, tmp_path / "project" / "run") == {"integration": "..", "model": None}
