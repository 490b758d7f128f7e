"""The page stands still: whatever is chosen, filtered, searched or drawn, two and three times over."""

import pytest

from layout import faults, settled, standing_faults, stays_in_place

pytestmark = pytest.mark.slow

MAP = "#population-map .nsewdrag"
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
    assert plot.top < size[1] - 60  # some of it can be seen at once


def test_navigation_moves_nothing(page):
    page.open()
    before = settled(page)
    for view in ("population", "sample", "data", "insights", "labels", "overview", "population"):
        page.script("explorer.apply({view: arguments[0]})", view)
        page.wait_for(f"a.nav-link[aria-current][href*='{view}']")
        after = settled(page)
        assert [one for one in faults(before, after) if "link" in one or "top" in one or "bar" in one] == []
