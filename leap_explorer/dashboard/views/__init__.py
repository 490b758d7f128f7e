"""The dashboard's views, each a module with TITLE, `layout(context, state)` and `register(app, context)`."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

_NAMES = ("overview", "population", "sample", "data", "insights", "labels")

#: In the navigation's order; a view's key in the page's address is its module's name.
VIEWS: tuple[ModuleType, ...] = tuple(
    import_module(f"{__name__}.{name}") for name in _NAMES if find_spec(f"{__name__}.{name}")
)


def key(view: ModuleType) -> str:
    """The view's name in the page's address."""
    return view.__name__.rpartition(".")[2]
