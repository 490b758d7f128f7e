"""Where the parts of a page stand: read before and after what a user does, and compared.

    before = settled(page)
    page.menu("color", "Loss")
    assert faults(before, settled(page)) == []

A card may grow or shrink when its words change; a plot and a table that scrolls never do. Nothing moves sideways, and
nothing lies over anything else.
"""

import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

SLACK = 1.5  #: pixels by which a browser may round
_STEADY, _PAUSE = 4, 0.12  # so many readings alike, so many seconds apart

#: Every part that has a place of its own. Its name is its id, or its kind and number within the nearest id.
_READ = """
const kinds = {
    top: ".top", "filter-bar": ".filter-bar", link: ".nav-link", card: ".card", table: ".grid",
    plot: ".js-plotly-plot, .map-canvas",
};
const titleOf = (one) => one.closest(".card")?.querySelector("h2")?.innerText || "";
const holders = (one) => parts.filter(({element}) => element !== one && element.contains(one)).map(({name}) => name);
const seen = {};
const parts = [];
const named = (one) => one.closest("[id]:not([id^='{'])")?.id || "page";
for (const [kind, css] of Object.entries(kinds)) {
    for (const one of document.querySelectorAll(css)) {
        const box = one.getBoundingClientRect();
        if (!box.width && !box.height && kind !== "plot") continue;
        const stem = named(one) + " " + kind;
        seen[stem] = (seen[stem] || 0) + 1;
        parts.push({
            name: stem + " " + seen[stem], kind,
            title: titleOf(one),
            text: kind === "card" || kind === "filter-bar" ? one.innerText : "",
            left: box.left + scrollX, top: box.top + scrollY, width: box.width, height: box.height,
            within: holders(one),
            isWide: one.scrollWidth > one.clientWidth + 1 && kind === "card",
            element: one,
        });
    }
}
const isBusy = document.querySelector("[data-dash-is-loading='true']") !== null;
const width = document.documentElement.scrollWidth, inner = document.documentElement.clientWidth;
return [isBusy, width - inner, parts.map(({element, ...rest}) => rest)];
"""


@dataclass(frozen=True)
class Part:
    """A part of the page; its place in pixels from the document's corner."""

    name: str
    kind: str  #: top, filter-bar, link, card, plot, or table
    title: str  #: its card's
    text: str  #: a card's or the filter bar's words
    left: float
    top: float
    width: float
    height: float
    within: tuple[str, ...]  #: names of the parts that hold it
    isWide: bool  #: whether a card's content is wider than it

    def overlaps(self, other: "Part") -> bool:
        """Whether the two lie over each other, neither within the other."""
        if self.name in other.within or other.name in self.within:
            return False
        across = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        down = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        return across > SLACK and down > SLACK


@dataclass(frozen=True)
class Layout:
    """All parts of a page by name, and by how many pixels it is wider than its window."""

    parts: dict[str, Part]
    excess: float


def settled(page) -> Layout:
    """The layout, once nothing is loading and several readings are alike."""
    readings: list = []
    page.script("scrollTo(0, 0)")  # what is sticky stands where the page puts it

    def is_steady() -> bool:
        readings.append(page.script(_READ))
        time.sleep(_PAUSE)
        last = readings[-_STEADY:]
        return len(last) == _STEADY and not last[-1][0] and all(one == last[0] for one in last)

    page.until(is_steady, "see the page settle")
    _, excess, parts = readings[-1]
    return Layout({one["name"]: Part(**{**one, "within": tuple(one["within"])}) for one in parts}, excess)


def faults(before: Layout, after: Layout) -> list[str]:
    """What is wrong after something was done, each in a sentence; none of a page that stands still."""
    return [*standing_faults(after), *_changes(before, after)]


def standing_faults(layout: Layout) -> list[str]:
    """What is wrong with a page as it stands: parts that overlap, stand out of their card, or have no height."""
    parts = list(layout.parts.values())
    found = [f"{a.name} lies over {b.name}" for a, b in itertools.combinations(parts, 2) if a.overlaps(b)]
    found += [f"{one.name} has no height" for one in parts if one.height < 10]
    found += [f"the content of {one.name} is wider than it" for one in parts if one.isWide]
    found += [
        f"{one.name} stands out of its card" for one in parts for holder in _card(layout, one) if _out(one, holder)
    ]
    return found + ([f"the page is {layout.excess:.0f} px too wide"] if layout.excess > SLACK else [])


def stays_in_place(page, actions: Iterable[Callable[[], object]]) -> None:
    """Do one thing after another; after each the page must stand as it did before the first.

    Raises:
        AssertionError: it does not; names the action by its place.
    """
    first = settled(page)
    assert standing_faults(first) == []
    for place, act in enumerate(actions):
        act()
        assert faults(first, settled(page)) == [], f"after action {place}"


def _changes(before: Layout, after: Layout) -> list[str]:
    found = []
    for name in before.parts.keys() & after.parts.keys():
        old, new = before.parts[name], after.parts[name]
        if old.title != new.title:
            continue
        if abs(old.left - new.left) > SLACK:
            found.append(f"{name} moved sideways from {old.left:.0f} to {new.left:.0f}")
        if abs(old.width - new.width) > SLACK:
            found.append(f"{name} was {old.width:.0f} px wide and is {new.width:.0f}")
        if _resized(old, new) and old.text == new.text:
            found.append(f"{name} was {old.height:.0f} px high and is {new.height:.0f}")
        if abs(old.top - new.top) > SLACK and _above(before, old) == _above(after, new):
            found.append(f"{name} moved from {old.top:.0f} px to {new.top:.0f}, though all above it is as before")
    return sorted(found)


def _resized(old: Part, new: Part) -> bool:
    return abs(old.height - new.height) > SLACK


def _above(layout: Layout, part: Part) -> set[tuple[str, int]]:
    """What stands over a part, and how high it is."""
    over = (one for one in layout.parts.values() if one.top + one.height <= part.top + SLACK)
    return {(one.name, round(one.height)) for one in over}


def _card(layout: Layout, part: Part) -> list[Part]:
    return [layout.parts[name] for name in part.within if layout.parts[name].kind == "card"]


def _out(part: Part, holder: Part) -> bool:
    return (
        part.left < holder.left - SLACK
        or part.top < holder.top - SLACK
        or part.left + part.width > holder.left + holder.width + SLACK
        or part.top + part.height > holder.top + holder.height + SLACK
    )
