import pytest

from IMDb.errors import UserError
from IMDb.models.history import read_history, shipped_entry, write_history

HISTORY = {
    "shipped_epoch": 2,
    "hardware": "zwei Kerne, größer",
    "epochs": [
        {"epoch": 1, "validation_loss": 0.1 + 0.2},
        {"epoch": 2, "validation_loss": 1e-17},
        {"epoch": 3, "validation_loss": 0.5},
    ],
}


class TestHistory:
    def test_round_trip(self, tmp_path):
        path = tmp_path / "models" / "dense.history.json"
        write_history(path, HISTORY)
        assert read_history(path) == HISTORY
        assert path.read_bytes().endswith(b"}\n")
        assert [file.name for file in path.parent.iterdir()] == [path.name]

    def test_a_later_one_takes_its_place(self, tmp_path):
        path = tmp_path / "dense.history.json"
        write_history(path, HISTORY)
        write_history(path, {**HISTORY, "shipped_epoch": 1})
        assert read_history(path)["shipped_epoch"] == 1

    def test_missing_file(self, tmp_path):
        with pytest.raises(UserError, match=r"No training history at .*absent\.json.*`imdb train`"):
            read_history(tmp_path / "absent.json")

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\xff",
            b'{"epochs": [',
            b"[]",
            b"null",
            b"{}",
            b'{"epochs": [{"epoch": 1}]}',
            b'{"epochs": [], "shipped_epoch": 1}',
            b'{"epochs": 3, "shipped_epoch": 1}',
            b'{"epochs": [{"epoch": 1}], "shipped_epoch": 2}',
            b'{"epochs": [{"loss": 1}], "shipped_epoch": 1}',
        ],
    )
    def test_damaged_file(self, tmp_path, content):
        path = tmp_path / "dense.history.json"
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"dense\.history\.json is not a training history \(.+\)\. Make it anew"):
            read_history(path)

    def test_a_folder_in_its_place(self, tmp_path):
        with pytest.raises(UserError, match="is not a training history"):
            read_history(tmp_path)


class TestShippedEntry:
    @pytest.mark.parametrize("epoch", [1, 2, 3])
    def test_the_epoch_of_that_number(self, epoch):
        assert shipped_entry({**HISTORY, "shipped_epoch": epoch}) is HISTORY["epochs"][epoch - 1]

    def test_what_was_measured_on_the_file_goes_before(self):
        assert shipped_entry({**HISTORY, "shipped": {"validation_loss": 0.25}}) == {"validation_loss": 0.25}

    def test_an_epoch_that_is_not_there(self):
        with pytest.raises(ValueError, match="no epoch 4"):
            shipped_entry({**HISTORY, "shipped_epoch": 4})
