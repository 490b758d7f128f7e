"""Opening an integration: its settings, and what code-loader does beside reading it."""

import atexit
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml
from code_loader.inner_leap_binder import leapbinder_decorators

from leap_explorer.contract.source_hash import files_sha256, pushed_files
from leap_explorer.errors import ExplorerError


def read_settings(folder: Path) -> dict[str, Any]:
    path = folder / "leap.yaml"
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ExplorerError(
            f"{folder} is no Tensorleap integration: its leap.yaml cannot be read ({error.strerror})."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ExplorerError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(settings, dict) or not isinstance(settings.get("entryFile"), str) or not settings["entryFile"]:
        raise ExplorerError(f"{path} names no entryFile; add the file that holds the integration test.")
    if not (folder / settings["entryFile"]).is_file():
        raise ExplorerError(f"{path} names the entryFile {settings['entryFile']}, which is not there.")
    return settings


def code_sha256(folder: Path) -> str:
    """Of all files that `leap push` would send: the integration's code, settings and tokenizers. None of it is run.

    Raises:
        ExplorerError: there is no integration.
    """
    settings = read_settings(folder)
    return files_sha256(folder, pushed_files(folder, settings, str(settings["entryFile"])))


def recorded_loaders() -> list[Callable[[], Any]]:
    """A list that gets what the integration decorates with `tensorleap_load_model`, which code-loader keeps nowhere."""
    found: list[Callable[[], Any]] = []
    register = leapbinder_decorators.tensorleap_load_model

    def recording(*arguments: Any, **named: Any) -> Callable[[Callable[[], Any]], Any]:
        decorate = register(*arguments, **named)

        def decorated(function: Callable[[], Any]) -> Any:
            found.append(function)
            return decorate(function)

        return decorated

    leapbinder_decorators.tensorleap_load_model = recording
    return found


def silence_exit_report() -> None:
    """Keep code-loader from printing its table of what was called at the process's end, after our own output.

    Exit handlers run last in, first out, so this one comes before code-loader's.
    """

    def silence() -> None:
        sys.stdout.flush()
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - it lives as long as the process

    atexit.register(silence)


def check_that_ids_differ(subset: str, ids: Sequence[str | int]) -> None:
    """Raises: ExplorerError: two samples have one id, as text, which is how a run names them."""
    twice = [one for one, count in Counter(map(str, ids)).items() if count > 1]
    if twice:
        raise ExplorerError(
            f"The subset {subset} has the id {twice[0]!r} more than once, and {len(twice) - 1:,} others too, so that "
            "its samples cannot be told apart. Give each its own in preprocess."
        )
