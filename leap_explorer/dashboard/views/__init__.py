"""The dashboard's views, each a module with TITLE, `layout(context, state)` and `register(app, context)`."""

from types import ModuleType

from leap_explorer.dashboard.views import data, insights, labels, overview, population, sample

#: In the navigation's order; a view's key in the page's address is its module's name.
VIEWS: tuple[ModuleType, ...] = (overview, population, sample, data, insights, labels)


def key(view: ModuleType) -> str:
    """The view's name in the page's address."""
    return view.__name__.rpartition(".")[2]
