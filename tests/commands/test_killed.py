"""kill -9 of every command that writes, at random moments, then the same command again.

Each command runs in a fork of one process that has loaded what they need, so that the moments fall into the work and
not into seconds of imports. One round of each; `ROUNDS=20` in the environment makes a hundred.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from IMDb.config import ROOT
from toys import write_onnx_toy

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="needs SIGKILL and /proc")]

ROUNDS = int(os.environ.get("ROUNDS", "1"))
PATIENCE = 300  # seconds; a busy machine takes its time

#: Waits for a command a line, as JSON: the module of its `main`, its folder and its arguments. Says the fork's process
#: id, then how it ended.
WARM = """
import importlib, json, os, sys
import IMDb.commands.main, IMDb.models.changed, IMDb.models.cross_validation, IMDb.models.dense_pipeline
import leap_explorer.cli, tensorflow, textblob, transformers
from leap_explorer.silent_imports import import_keras

import_keras()
for line in sys.stdin:
    module, folder, *arguments = json.loads(line)
    fork = os.fork()
    if not fork:
        os.setpgid(0, 0)
        os.chdir(folder)
        log = os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(log, stream)
        sys.argv = ["command", *arguments]
        try:
            importlib.import_module(module).main()
        except SystemExit as end:
            sys.stdout.flush()
            os._exit(end.code or 0)
    print(fork, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]), flush=True)
"""


@dataclass(frozen=True)
class Command:
    """What it is called with, and the files that it writes, of the same bytes each time."""

    module: str
    arguments: tuple[str, ...]
    files: tuple[str, ...]


TABLE = "../my r\u00e9views.csv"
IMDB, EXPLORER = "IMDb.commands.main", "leap_explorer.cli"
COMMANDS = {
    "evaluate": Command(
        EXPLORER,
        (
            "evaluate",
            "../toy",
            "--model",
            "../toy/model.onnx",
            "--samples",
            "20",
            "--projection",
            "pca",
            "--out",
            "run",
        ),
        tuple(f"run/{name}" for name in ("samples.parquet", "latent.npy", "words.parquet", "insights.json")),
    ),
    "train": Command(
        IMDB,
        ("train", "dense", "--data", TABLE, "--epochs", "1", "-o", "trained"),
        ("trained/dense.seen.npy", "trained/tokenizer.json"),
    ),
    "cross-validate": Command(
        IMDB,
        ("cross-validate", "--data", TABLE, "--folds", "2", "--epochs", "1", "-o", "trained"),
        ("trained/dense.out_of_sample.parquet",),
    ),
    "predict": Command(IMDB, ("predict", TABLE, "-o", "scored.csv"), ("scored.csv",)),
    "explore": Command(EXPLORER, ("explore", "../imported", "--export", "report.html"), ()),
}


class Warm:
    """The process that forks."""

    def __init__(self, place):
        variables = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'explorer'}"}
        variables["IMDB_CACHE_DIR"] = str(place / "cache")
        self.process = subprocess.Popen(
            [sys.executable, "-c", WARM], env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, command, folder):
        """The process id of the command."""
        self.process.stdin.write(json.dumps([command.module, str(folder), *command.arguments]) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self):
        """How the last command ended, once it has."""
        return int(self.process.stdout.readline())

    def finish(self, command, folder):
        """Run it to its end: how long it took."""
        started = time.monotonic()
        self.start(command, folder)
        assert self.end() == 0, (folder / "log.txt").read_text()
        return time.monotonic() - started


def contents(folder, names):
    """The bytes of those of the files that are there."""
    return {name: (folder / name).read_bytes() for name in names if (folder / name).exists()}


def those_in(group):
    """Processes of the group that still live."""
    found = []
    for one in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = one.read_text().rpartition(")")[2].split()[:3]
        except OSError:  # it has just ended
            continue
        found += [one.parent.name] * (int(its_group) == group and state != "Z")
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a table of reviews, an integration and an imported run."""
    place = tmp_path_factory.mktemp("killed \u00e9")
    generator = np.random.default_rng(0)
    labels = np.arange(80) % 2
    words = ["the", "film", "plot", "cast", "music"]
    texts = [" ".join([*generator.choice(words, 6), ("dull", "great")[label]]) for label in labels]
    table = pd.DataFrame({"text": [f"{text} {row}" for row, text in enumerate(texts)], "label": labels})
    table.to_csv(place / TABLE[3:], index=False)
    table.assign(p_0=1.0 - labels, p_1=labels * 1.0).to_csv(place / "scored.csv", index=False)
    write_onnx_toy(place / "toy")
    return place


@pytest.fixture(scope="module")
def warm(place):
    warm = Warm(place)
    columns = ("--text", "text", "--label", "label", "--probability", "p_*", "--projection", "pca")
    warm.finish(Command(EXPLORER, ("import", "scored.csv", *columns, "--out", "imported"), ()), place)
    yield warm
    warm.process.stdin.close()
    assert warm.process.wait(PATIENCE) == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_the_same_command_again_ends_as_if_nothing_had_been(place, warm, name):
    command = COMMANDS[name]
    moments = random.Random(name)
    whole = place / f"{name}-undisturbed"
    whole.mkdir()
    seconds = warm.finish(command, whole)
    expected = contents(whole, command.files)
    assert expected.keys() == set(command.files)
    folder = place / name
    killed = 0
    for number in range(ROUNDS):
        if number % 2 == 0:  # else over what the last round has left
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        process = warm.start(command, folder)
        time.sleep(moments.uniform(0.0, 0.9) * seconds)
        with suppress(ProcessLookupError):  # it was done sooner than before
            os.kill(process, signal.SIGKILL)
        killed += warm.end() == -signal.SIGKILL
        assert contents(folder, command.files).items() <= expected.items(), f"half a file after round {number}"
        deadline = time.monotonic() + PATIENCE
        while those_in(process) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert those_in(process) == []
        seconds = min(seconds, warm.finish(command, folder))
        assert contents(folder, command.files) == expected, f"round {number}"
    print(f"{killed} of {ROUNDS} killed before their end")
    if name == "explore":
        assert (folder / "report.html").read_bytes().endswith(b"</html>\n")
