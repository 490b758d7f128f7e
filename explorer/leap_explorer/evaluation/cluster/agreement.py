"""Whether workers have the same code and libraries as this machine, on which their numbers depend."""

from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from leap_explorer.contract.source_hash import explorer_sha256
from leap_explorer.errors import ExplorerError

if TYPE_CHECKING:
    from distributed import Client

_RUNTIMES = {"keras": ("tensorflow", "keras"), "onnx": ("onnxruntime",)}
_ABSENT = "none"


def versions_here(model_format: str) -> dict[str, str]:
    """By name, of what numbers depend on: the explorer's code, code-loader, numpy and the model's runtime."""
    names = ("code-loader", "numpy", *_RUNTIMES.get(model_format, ()))
    return {"leap-explorer's code": explorer_sha256()[:12], **{name: _version(name) for name in names}}


def check_versions(worker: str, expected: Mapping[str, str], found: Mapping[str, str]) -> None:
    """Raises: ExplorerError: a worker has another version of something."""
    for name, wanted in expected.items():
        if (there := found.get(name, _ABSENT)) != wanted:
            raise ExplorerError(
                f"The worker {worker} has {name} {there}, this machine {wanted}, so that their numbers may differ. "
                "Install the same there, or give --allow-version-mismatch."
            )


def check_workers(client: "Client", model_format: str, expected: Mapping[str, str]) -> None:
    """Ask every worker that is there.

    Args:
        expected: versions that each must have.

    Raises:
        ExplorerError: one of them has no explorer, or another version of something.
    """
    answers = client.run(_question(model_format), on_error="return")
    for worker, found in sorted(answers.items()):
        if isinstance(found, ImportError):
            raise ExplorerError(
                f"The worker {worker} cannot score samples: {found}. It needs pip install "
                "'leap-explorer[evaluate,cluster]' and what the integration imports."
            )
        if isinstance(found, Exception):
            raise ExplorerError(f"The worker {worker} does not answer: {found}") from found
        check_versions(worker, expected, found)


def _question(model_format: str) -> Callable[[], dict[str, str]]:
    def ask() -> dict[str, str]:  # within a function, so that it travels whole: a worker may lack this module
        from leap_explorer.evaluation.cluster.agreement import versions_here

        return versions_here(model_format)

    return ask


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return _ABSENT
