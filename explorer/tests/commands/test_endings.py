"""How a command ends, whatever happens: at most one line, the exit code that says why, and no child."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and closed pipes are POSIX's")

HEAD = """
import sys, time, subprocess
import typer
from leap_explorer.commands.endings import run_command
from leap_explorer.errors import ExplorerError
from leap_explorer.commands.terminal import Screen

app = typer.Typer(pretty_exceptions_enable=False)
screen = Screen()

@app.command()
def main():
    {body}

run_command(app, (ExplorerError,), "Interrupted.")
"""
MANY_LINES = """
    for number in range(100_000):
        screen.print(number)
"""
WAITS = """
    child = subprocess.Popen(["sleep", "600"])
    try:
        print(child.pid, flush=True)
        time.sleep(600)
    finally:
        child.kill()
        child.wait()
"""


def start(body, **streams):
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    return subprocess.Popen([sys.executable, "-c", HEAD.format(body=body)], text=True, errors="replace", **streams)


def ended(body, **streams):
    """(exit code, stderr)"""
    process = start(body, **streams)
    _, errors = process.communicate(timeout=300)
    return process.returncode, errors


def test_what_the_user_can_mend_is_one_line():
    assert ended("raise ExplorerError('Give [another] file.')") == (1, "Error: Give [another] file.\n")


def test_what_the_system_refuses_is_one_line_that_names_the_file():
    assert ended("open('/nowhere/x')") == (1, "Error: /nowhere/x: No such file or directory.\n")


def test_a_defect_is_not_hidden():
    code, errors = ended("1 / 0")
    assert code == 1
    assert "Traceback" in errors


@pytest.mark.parametrize("body", [MANY_LINES, "print('x' * 10_000_000)", "print('once')"])
def test_a_closed_pipe_ends_it_without_a_word(body):
    process = start(f"sys.stdin.readline()\n    {body.strip()}", stdin=subprocess.PIPE)
    process.stdout.close()
    _, errors = process.communicate("now\n", timeout=300)
    assert (process.returncode, errors) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("body", [MANY_LINES, "print('once')"])
def test_an_output_that_is_full(body):
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        code, errors = ended(body, stdout=full)
    assert (code, errors) == (1, "Error: The output cannot be written: No space left on device.\n")


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 130)])
def test_a_signal_ends_it_and_its_child(sent, code):
    process = start(WAITS)
    child = int(process.stdout.readline())
    process.send_signal(sent)
    _, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (code, "Interrupted.\n")
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_ctrl_c_while_it_still_loads_shows_no_traceback():
    code = "import leap_explorer.commands.endings; print('loading', flush=True); import time; time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (-signal.SIGINT, "")


def test_the_command_loads_it_before_what_takes_seconds():
    code = """
import sys
sys.modules["pandas"] = None
try:
    import leap_explorer.cli
except ImportError:
    print(sys.excepthook)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "_without_traceback" in done.stdout


def test_nohup_stays_nohup():
    process = subprocess.Popen(
        ["nohup", sys.executable, "-c", HEAD.format(body="print(1, flush=True); time.sleep(0.5); print(2)")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    process.stdout.readline()
    time.sleep(0.1)
    process.send_signal(signal.SIGHUP)
    out, _ = process.communicate(timeout=300)
    assert (process.returncode, out) == (0, "2\n")


@pytest.mark.parametrize("text", ["a\x1b]0;taken over\x07b", "\x9b31m", "\r\x08", "\ud800"])
def test_nothing_steers_the_terminal(text):
    process = start(f"screen.print({text!r}); raise ExplorerError({text!r})")
    out, errors = process.communicate(timeout=300)
    assert not set(out + errors) & set("\x1b\x9b\x07\r\x08\ud800")
    assert "\N{REPLACEMENT CHARACTER}" in out


def test_nothing_becomes_an_emoji():
    process = start("screen.print(':bug:')")
    assert process.communicate(timeout=300)[0] == ":bug:\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_letters_that_the_output_lacks_are_numbered(encoding):
    variables = os.environ | {"PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    process = start("screen.print('caf\u00e9 \u4f60'); raise ExplorerError('\u4f60')", env=variables)
    out, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (1, "Error: \\u4f60\n")
    assert out.endswith("\\u4f60\n")
