"""Which libraries made a run."""

import platform
from importlib.metadata import PackageNotFoundError, version

_LIBRARIES = (
    "code-loader", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "umap-learn", "tensorflow", "keras",
    "onnxruntime",
)  # fmt: skip


def versions() -> dict[str, str]:
    """By name, of Python and of the libraries that are installed."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # nobody needs all of them
            continue
    return found
