"""The views, each a folder whose `page` has TITLE, `layout(context, state)` and `register(app, context)`."""

from types import ModuleType

from leap_explorer.dashboard.views.compare import page as compare
from leap_explorer.dashboard.views.data import page as data
from leap_explorer.dashboard.views.insights import page as insights
from leap_explorer.dashboard.views.labels import page as labels
from leap_explorer.dashboard.views.overview import page as overview
from leap_explorer.dashboard.views.population import page as population
from leap_explorer.dashboard.views.robustness import page as robustness
from leap_explorer.dashboard.views.sample import page as sample

#: In the navigation's order; a view's key in the page's address is its folder's name.
VIEWS: tuple[ModuleType, ...] = (overview, population, sample, data, insights, labels, compare, robustness)


def key(view: ModuleType) -> str:
    """The view's name in the page's address."""
    return view.__name__.split(".")[-2]
