import os
import subprocess
import sys

import pytest

from leap_explorer.runs.alone import alone

HOLDS = """
import sys
from pathlib import Path
from leap_explorer.runs.alone import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
    Path(sys.argv[1]).write_text("done")
"""


@pytest.mark.parametrize("how", ["ends", "is killed"])
def test_it_waits_until_the_other_process_ends(tmp_path, how):
    path, told = tmp_path / "run", []
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "held\n"

    def end():
        told.append("taken")
        if how == "ends":
            other.communicate("go\n")
        else:
            other.kill()
            other.communicate()

    with alone(path, end):
        assert told == ["taken"]
        assert path.exists() == (how == "ends")


def test_nobody_is_told_where_it_is_free(tmp_path):
    with alone(tmp_path / "run", lambda: pytest.fail("taken")):
        pass


def test_a_lock_from_before_the_clock_was_set_back_is_free(tmp_path):
    lock = tmp_path / ".run.lock"
    lock.touch()
    os.utime(lock, (4e9, 4e9))
    with alone(tmp_path / "run", lambda: pytest.fail("taken")):
        pass
