import os

import numpy as np
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.runs.atomic import written_whole
from leap_explorer.runs.run import check_target, write_vectors


def write(path, content="new"):
    with written_whole(path) as temporary:
        temporary.write_text(content)


def test_a_block_that_fails_leaves_the_old_file(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(ZeroDivisionError), written_whole(tmp_path / "a") as temporary:
        temporary.write_text(str(1 / 0))
    assert [one.read_text() for one in tmp_path.iterdir()] == ["old"]


@pytest.mark.skipif(os.name == "nt", reason="devices are POSIX files")
@pytest.mark.parametrize("device", ["/dev/full", "/dev/null"])
def test_a_device_is_not_replaced(tmp_path, device):
    (tmp_path / "link").symlink_to(device)
    for path in (tmp_path / "link", tmp_path / "pipe"):
        if path.name == "pipe":
            os.mkfifo(path)
        with pytest.raises(ExplorerError, match="is no plain file, and is not replaced by one"):
            write(path)
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("file/x", "cannot be written: Not a directory"),
        ("gone/x", "cannot be written: No such file or directory"),
        ("x" * 300, "cannot be written: File name too long"),
        ("folder", "is a folder"),
    ],
)
def test_a_place_that_is_none(tmp_path, name, why):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(ExplorerError, match=why):
        write(tmp_path / name)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("file", "is no run, and a run would replace it"),
        ("file/x", "No run can be written to .*file/x: Not a directory"),
        ("file/x/y", "No run can be written to .*file/x/y: Not a directory"),
        ("x" * 251, "File name too long"),
        ("x" * 300, "File name too long"),
    ],
)
def test_where_no_run_can_be_written_is_said_before_anything_is_done(tmp_path, name, why):
    (tmp_path / "file").touch()
    with pytest.raises(ExplorerError, match=why):
        check_target(tmp_path / name)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_free_place_is_left_as_it_was(tmp_path):
    check_target(tmp_path / "a" / "b")
    assert not list(tmp_path.iterdir())


def test_vectors_are_numpys(tmp_path):
    values = np.arange(12, dtype=np.float64).reshape(6, 2)
    write_vectors(tmp_path / "v.npy", (6, 2), np.float16, [values[:4], values[4:, ::-1][:, ::-1]])
    loaded = np.load(tmp_path / "v.npy")
    assert loaded.dtype == np.float16
    np.testing.assert_array_equal(loaded, values)
