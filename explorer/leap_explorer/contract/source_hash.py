"""Which code made a run: one hash of the source files that decide what is in it."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent.parent
_IMPORT = re.compile(rf"^\s*from {_PACKAGE.name}\.([\w.]+) import", re.MULTILINE)


def files_sha256(folder: Path, paths: Iterable[Path]) -> str:
    """Of files under the folder, names and contents; the same whether lines end as on Windows or not."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def explorer_sha256() -> str:
    """Of the explorer's modules that `evaluate` rests on; not of the dashboard and of others that only show runs."""
    found: set[Path] = set()
    pending = [_PACKAGE / "evaluation" / "evaluate.py"]
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending += _imported(path)
    return files_sha256(_PACKAGE, found)


def _imported(path: Path) -> Iterator[Path]:
    """The package's modules that a file imports, wherever in it, and the rooms that they lie in.

    The package's own `__init__.py` is left out: it names what notebooks use, the dashboard too, and does nothing.
    """
    for name in _IMPORT.findall(path.read_text(encoding="utf-8")):
        module = _PACKAGE.joinpath(*name.split("."))
        yield module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
        if module.parent != _PACKAGE:
            yield module.parent / "__init__.py"


def pushed_files(folder: Path, settings: Mapping[str, Any], entry: str) -> set[Path]:
    """What `leap push` would send by the patterns of leap.yaml, and the entry file."""
    included = settings.get("include") or ["*.py", "*.yaml"]
    excluded = {path for pattern in settings.get("exclude") or [] for path in folder.glob(pattern)}
    files = {path for pattern in included for path in folder.glob(pattern) if path.is_file()}
    return (files | {folder / entry}) - excluded
