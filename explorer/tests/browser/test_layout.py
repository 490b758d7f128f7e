"""The page stands still: whatever is chosen, filtered, searched or drawn, two and three times over."""

import pytest

from drawn_map import MAP
from layout import faults, settled, standing_faults, stays_in_place

pytestmark = pytest.mark.slow

SEARCH = 'input[id*=\'"key":"q"\']'
RING = [(0.02, 0.05), (0.5, 0.05), (0.5, 0.95), (0.02, 0.95), (0.02, 0.06)]


def clear(page):
    page.click("#chips > a.link")
    page.wait_for_params(q=None, filter=None, selection=None)


def search(page, words):
    page.type(SEARCH, words)
    page.wait_for_params(q=words)


def test_the_map_keeps_its_height(page):
    page.open(view="population")
    page.wait_for(MAP)
    stays_in_place(
        page,
        [
            *(lambda name=name: page.menu("color", name) for name in ("Loss", "Subset", "Loss", "Cluster")),
            *(lambda name=name: page.menu("size", name) for name in ("All alike", "Loss", "All alike")),
            *(lambda name=name: page.choose(name) for name in ("PCA", "Map", "PCA", "Map")),
            *(lambda words=words: search(page, words) for words in ("wonderful", "dreadful", "s007")),
            lambda: clear(page),
            *(lambda: page.drag(MAP, *RING) for _ in range(3)),
            lambda: clear(page),
            *(lambda name=name: page.menu("run", name) for name in ("second", "first", "second")),
        ],
    )


@pytest.mark.parametrize("size", [(640, 450), (1280, 900), (1920, 1080), (2560, 1400)])
def test_the_map_fills_its_card(page, size):
    page.resize(*size)
    page.open(view="population")
    page.wait_for(MAP)
    layout = settled(page)
    assert standing_faults(layout) == []
    card, plot = layout.parts["view card 1"], layout.parts["population-map plot 1"]
    assert plot.width >= 0.9 * card.width
    assert plot.height >= 320
    assert card.top + card.height > 0.95 * size[1] - 100
    assert plot.top <= size[1] - 200  # most of it can be seen at once


#: By view its controls: menus (with entries to choose) and rows of alternatives.
MENUS = {
    "population": {"hover": ["Genre", "Polarity"]},
    "data": {
        "data.column": ["Words", "Polarity"],
        "data.metric": ["Confidence", "Loss"],
        "data.by": ["Subset", "No split"],
    },
    "insights": {"insights.status": ["archived", "all but archived"]},
}
CHOICES = {
    "overview": ["training", "all", "held out (validation)"],
    "population": ["Box", "Move", "Lasso"],
    "data": ["every sample", "means of ranges", "every sample"],
}
AREA = "map:-4,-4;4,-4;4,4;-4,4"


@pytest.mark.parametrize(
    "view", ["overview", "population", "sample", "data", "insights", "labels", "compare", "robustness"]
)
def test_each_view_stands_still(page, view):
    """Each control, search, filter, selection, change of view and of model, several times each."""

    def go(**changes):
        return lambda: page.script("explorer.apply(arguments[0])", changes)

    page.open(view=view)
    settled(page)
    chosen = [(name, entry) for name, entries in MENUS.get(view, {}).items() for entry in entries]
    stays_in_place(
        page,
        [
            *(lambda one=one: page.menu(*one) for one in chosen),
            *(lambda name=name: page.choose(name, "//main//*") for name in CHOICES.get(view, [])),
            *(lambda words=words: search(page, words) for words in ("wonderful", "dreadful")),
            *(go(filter=f'[["metadata_words",">",{number}]]') for number in (20, 60)),
            *(go(filter=None, q=None, selection=area) for area in (AREA, None, AREA)),
            lambda: clear(page),
            *(lambda name=name: page.menu("run", name) for name in ("second", "first", "second", "first")),
            *(go(view=name) for name in ("data", view, "overview", view)),
            *(lambda name=name: page.choose(name) for name in ("Dark", "Light", "Dark")),
        ],
    )


def test_navigation_moves_nothing(page):
    page.open()
    before = settled(page)
    for view in ("population", "sample", "data", "insights", "labels", "overview", "population"):
        page.script("explorer.apply({view: arguments[0]})", view)
        page.wait_for(f"a.nav-link[aria-current][href*='{view}']")
        after = settled(page)
        assert [one for one in faults(before, after) if "link" in one or "top" in one or "bar" in one] == []
