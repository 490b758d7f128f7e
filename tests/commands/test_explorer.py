"""`imdb explore` from the command line: what it says where it cannot start, and that it ends at once."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from urllib.request import urlopen

import pytest


def test_no_run(fails, tmp_path):
    assert (
        fails("explore", tmp_path / "none")
        == f"There is no run at {tmp_path / 'none'}. Make one with the command `evaluate`."
    )


def test_a_folder_that_is_no_run(fails, tmp_path):
    assert "is no run: it has no run.json" in fails("explore", tmp_path)


def test_a_broken_run(fails, tmp_path):
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    assert "run.json" in fails("explore", tmp_path)
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    assert "is broken: it has no samples.parquet. Evaluate the model anew." in fails("explore", tmp_path)


@pytest.mark.slow
def test_a_taken_port(fails):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        message = fails("explore", "--no-browser", "--port", port)
    assert message.startswith(f"Port {port} of 127.0.0.1 cannot be used")
    assert "choose another with --port or --host" in message


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGINT to send")
@pytest.mark.parametrize("seconds", [0, 4])
def test_ctrl_c_ends_it_at_once(seconds):
    """Also while models are loaded in the background."""
    command = [
        sys.executable,
        "-c",
        "from IMDb.commands.main import main; main()",
        "explore",
        "--no-browser",
        "--port",
        "0",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        address = re.search(r"http://\S+", process.stdout.readline())[0]
        assert "Leap Explorer" in urlopen(address, timeout=60).read().decode()
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        _, problems = process.communicate(timeout=60)
        assert time.monotonic() - started < 20
        assert "Traceback" not in problems
