"""Decisions are kept whole, whoever else writes and whatever ends the process."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from leap_explorer.dashboard.user_state import changing, read_kept
from leap_explorer.errors import ExplorerError

DECIDES = """
import sys
from pathlib import Path
from leap_explorer.dashboard.user_state import changing
for number in range(100):
    with changing(Path(sys.argv[1])) as kept:
        kept[f"{sys.argv[2]}-{number}"] = number
"""


def test_two_processes_lose_no_decision(tmp_path):
    path = tmp_path / "state" / "labels.json"
    others = [subprocess.Popen([sys.executable, "-c", DECIDES, str(path), name]) for name in "ab"]
    assert [one.wait() for one in others] == [0, 0]
    assert len(read_kept(path)) == 200


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX only")
def test_a_process_killed_at_any_moment_leaves_all_that_was_kept(tmp_path):
    path, generator, kept = tmp_path / "labels.json", random.Random(0), 0
    for _ in range(200):
        child = os.fork()
        if child == 0:
            while True:
                with changing(path) as content:
                    content[str(len(content))] = "flip"
        while len(read_kept(path)) <= kept:  # until the first of its decisions is there
            assert os.waitpid(child, os.WNOHANG) == (0, 0)
        time.sleep(generator.random() / 200)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found = read_kept(path)
        assert len(found) >= kept
        assert list(found) == [str(number) for number in range(len(found))]
        kept = len(found)
    assert kept >= 200
    with changing(path) as content:  # nobody holds the file any more
        content["last"] = "keep"
    assert len(read_kept(path)) == kept + 1


def test_nothing_is_kept_where_the_change_fails(tmp_path):
    path = tmp_path / "labels.json"
    with pytest.raises(ZeroDivisionError), changing(path) as content:
        content["a"] = 1 / 0
    assert read_kept(path) == {}


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(ExplorerError, match=r"labels.json cannot be written: .*Nothing was kept"),
        changing(tmp_path / "file" / "labels.json"),
    ):
        pass
