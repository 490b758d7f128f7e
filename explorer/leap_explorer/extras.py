"""What only some of the explorer's work needs, and the extra of the package that brings it."""

from importlib.util import find_spec

from leap_explorer.errors import ExplorerError

#: By extra the modules that it is for, each with the name that pip knows it by.
EXTRAS = {
    "analysis": {"sklearn": "scikit-learn", "scipy": "scipy", "threadpoolctl": "threadpoolctl"},
    "evaluate": {
        "code_loader": "code-loader",
        "yaml": "pyyaml",
        "umap": "umap-learn",
        "PIL": "pillow",
        "sklearn": "scikit-learn",
        "scipy": "scipy",
        "threadpoolctl": "threadpoolctl",
    },
    "cluster": {"distributed": "distributed"},
    "gate": {"yaml": "pyyaml"},
    "keras": {"keras": "keras", "tensorflow": "tensorflow", "h5py": "h5py"},
    "onnx": {"onnx": "onnx", "onnxruntime": "onnxruntime"},
}


def missing(extra: str) -> list[str]:
    """The packages of an extra that are not installed, as pip names them."""
    return [package for module, package in EXTRAS[extra].items() if find_spec(module) is None]


def require(what: str, extra: str) -> None:
    """Make sure that an extra is installed.

    Args:
        what: what is to be done with it, as the start of a sentence: "Evaluating".

    Raises:
        ExplorerError: it is not; the message has the command that installs it.
    """
    if absent := missing(extra):
        raise ExplorerError(f"{what} needs {', '.join(absent)}: pip install 'leap-explorer[{extra}]'")
