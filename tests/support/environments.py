"""Virtual environments that tests make: a new one each time, or one that is built once and reused."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IMPORTER_REQUIREMENT = "leap-model-parser==0.1.257"
IMPORTER_PYTHON = (3, 10)  # leap-model-parser needs TensorFlow 2.12, which has nothing for Python 3.12
_MARKER = ".complete"


class NoInterpreterError(Exception):
    """This machine has no Python of the version that an environment needs."""


def environment_python(folder: Path) -> Path:
    """The interpreter of the virtual environment in `folder`."""
    return folder / "bin" / "python"


def make_environment(folder: Path, python: Path, *pip_arguments: str) -> Path:
    """Make a virtual environment in `folder` for `python`, `pip install` into it, and return its interpreter.

    Raises:
        RuntimeError: one of the two fails; the message ends with what it printed last.
    """
    made = environment_python(folder)
    run_checked([python, "-m", "venv", folder])
    run_checked([made, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pip_arguments])
    return made


def run_checked(command: list[str | Path], cwd: Path | None = None, **variables: str) -> str:
    """Run a command and return its output. Of the environment's variables none of Python's or this project's is passed
    on, but for those given in `variables`.

    Raises:
        RuntimeError: it exits with another status than 0; the message ends with what it printed last.
    """
    left_out = ("PYTHON", "VIRTUAL_ENV", "IMDB_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    result = subprocess.run(
        command,
        cwd=cwd,
        env=inherited | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode:
        shown = " ".join(map(str, command))
        raise RuntimeError(f"{shown} exits with {result.returncode}:\n{result.stdout[-4000:]}")
    return result.stdout


def importer_folder() -> Path:
    """Where the platform's importer is installed: `IMDB_IMPORTER_VENV`, or a folder in the user's cache."""
    if os.environ.get("IMDB_IMPORTER_VENV"):
        return Path(os.environ["IMDB_IMPORTER_VENV"]).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "imdb-tensorleap" / "importer"


def importer_python() -> Path:
    """The interpreter that has the platform's importer. The first call builds its environment: 2.3 GB, minutes.

    Raises:
        NoInterpreterError: the environment is not there, and neither is a Python 3.10 to build it with.
        RuntimeError: the installation fails.
    """
    return reusable_environment(importer_folder(), IMPORTER_PYTHON, IMPORTER_REQUIREMENT)


def reusable_environment(folder: Path, version: tuple[int, int], requirement: str) -> Path:
    """The interpreter of an environment with `requirement`, built in `folder` unless a whole one is there already.

    A marker, written last, tells a whole environment from what an interrupted build or another requirement left
    behind; that is built anew. Of several processes one builds and the others wait.

    Raises:
        NoInterpreterError: it must be built, and this machine has no Python of `version`.
        RuntimeError: the installation fails, or `folder` holds something that is no virtual environment.
    """
    content = f"Python {version[0]}.{version[1]}, {requirement}\n"
    marker, python = folder / _MARKER, environment_python(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_name(f"{folder.name}.lock")):
        if python.exists() and marker.is_file() and marker.read_text(encoding="utf-8") == content:
            return python
        if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").is_file():
            raise RuntimeError(f"{folder} is no virtual environment: not touching it. Remove it or give another.")
        base = find_python(version)
        if folder.exists():
            shutil.rmtree(folder)
        make_environment(folder, base, requirement)
        marker.write_text(content, encoding="utf-8")
        return python


def find_python(version: tuple[int, int]) -> Path:
    """An interpreter of this version, from PATH or among pyenv's.

    Raises:
        NoInterpreterError: there is none that runs; pyenv's shims on PATH fail for versions that are not active.
    """
    name = f"{version[0]}.{version[1]}"
    on_path = shutil.which(f"python{name}")
    pyenv = Path(os.environ.get("PYENV_ROOT") or "~/.pyenv").expanduser()
    candidates = [*([Path(on_path)] if on_path else []), *sorted(pyenv.glob(f"versions/{name}.*/bin/python"))]
    for candidate in candidates:
        try:
            said = run_checked([candidate, "-c", "import sys, venv, ensurepip; print(*sys.version_info[:2], sep='.')"])
        except (OSError, RuntimeError):
            continue
        if said.strip() == name:
            return candidate
    raise NoInterpreterError(f"no Python {name} here: install it as python{name} on PATH, or `pyenv install {name}`")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the file's lock, which the system releases even if this process is killed."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
