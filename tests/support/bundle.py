"""What `leap push` would send, packed as it does (leap-cli: `getCodeFiles` and `BundleCodeIntoTempFile`)."""

import ast
import glob
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml


@dataclass(frozen=True)
class LeapYaml:
    """The keys of `leap.yaml` that this project uses; any other raises a TypeError."""

    projectId: str
    secretId: str
    entryFile: str
    pythonVersion: str
    include: list[str] = field(default_factory=lambda: ["**"])
    exclude: list[str] = field(default_factory=list)


def read_leap_yaml(root: Path) -> LeapYaml:
    return LeapYaml(**yaml.safe_load((root / "leap.yaml").read_text(encoding="utf-8")))


def bundle_files(root: Path) -> set[str]:
    """The paths, relative to `root`, of the files in the bundle."""
    settings = read_leap_yaml(root)
    return (expand(root, settings.include) - expand(root, settings.exclude)) | {settings.entryFile}


def pack(root: Path, archive: Path) -> None:
    """Write the bundle, a tar.gz."""
    with tarfile.open(archive, "w:gz") as tar:
        for name in sorted(bundle_files(root)):
            tar.add(root / name, arcname=name)


def expand(root: Path, patterns: Iterable[str]) -> set[str]:
    """The files that the patterns match.

    Python's own globs agree with leap-cli's, those of the Go library doublestar: `**` as a whole path component
    crosses any number of folders, zero too, and hidden files count. (`Path.glob` differs: a last `**` finds folders
    only.) Braces are doublestar's alone.
    """
    found: set[str] = set()
    for pattern in patterns:
        if "{" in pattern:
            raise ValueError(f"{pattern}: braces are not supported here")
        found.update(glob.glob(pattern, root_dir=root, recursive=True, include_hidden=True))  # noqa: PTH207
    return {Path(name).as_posix() for name in found if (root / name).is_file()}


@dataclass(frozen=True)
class Import:
    """One imported name in a source file, such as `IMDb.config` or `IMDb.config.LABELS`."""

    name: str
    is_lazy: bool  #: inside a function or for type checkers: not run when the file is imported


def imports(source: str) -> Iterator[Import]:
    """All imports of a source file; for `from a import b` both `a` and `a.b`, which may be a module."""
    yield from _imports(ast.parse(source), is_lazy=False)


def _imports(node: ast.AST, is_lazy: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, is_lazy) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        if node.level or node.module is None:
            raise ValueError("relative imports are not supported here")
        yield Import(node.module, is_lazy)
        yield from (Import(f"{node.module}.{alias.name}", is_lazy) for alias in node.names)
    else:
        is_lazy = is_lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_for_type_checkers(node)
        for child in ast.iter_child_nodes(node):
            yield from _imports(child, is_lazy)


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def needed_files(root: Path, entry: str) -> set[str]:
    """The Python files under `root` that `entry` imports, directly or not, itself and the packages' files included."""
    needed: set[str] = set()
    to_read = [root / entry]
    while to_read:
        path = to_read.pop()
        name = path.relative_to(root).as_posix()
        if name in needed:
            continue
        needed.add(name)
        for found in imports(path.read_text(encoding="utf-8")):
            to_read += _module_files(root, found.name)
    return needed


def _module_files(root: Path, module: str) -> Iterator[Path]:
    """The files that importing `module` runs, if they lie under `root`: the packages' and its own."""
    folder = root
    for part in module.split("."):
        folder /= part
        yield from (path for path in (folder / "__init__.py", folder.with_name(f"{part}.py")) if path.is_file())
