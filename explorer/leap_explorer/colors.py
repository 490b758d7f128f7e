"""The one table of colours of words, for the dashboard, a report, an HTML file and a terminal, and how colours mix.

Orange is above 0, blue below; `leap_explorer.explain.word_heat` says what that means. Okabe & Ito (2008) chose both
hues so that colour-blind readers tell them apart.
"""

#: Text, text that steps back, and the ground of what is read, on a light and on a dark page.
INK = {False: "#1B2430", True: "#E6EAF0"}
FAINT_INK = {False: "#56616F", True: "#A3AEBB"}
SURFACE = {False: "#FFFFFF", True: "#171D25"}

#: From weak to the strongest; text has a contrast of 4.5 and more on each.
ABOVE = {False: ("#F5C08A", "#E08A3C"), True: ("#5A3410", "#9C4A06")}
BELOW = {False: ("#9CC4E4", "#5C9ECF"), True: ("#143A5C", "#0B5FA5")}
#: The same hues for lines and bars.
ABOVE_LINE, BELOW_LINE = {False: "#B3560A", True: "#E69F00"}, {False: "#0B5FA5", True: "#56B4E9"}

#: Of the classes of masks, boxes and marked words: the colours of Okabe and Ito, without black.
CLASSES = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#999999")


def class_color(index: int) -> str:
    """Of the class with that number; from the ninth on they come again."""
    return CLASSES[index % len(CLASSES)]


def word_ground(strength: float, is_dark: bool) -> str:
    """The ground of a word; `strength` is from -1 (blue) over 0 (none) to 1 (orange)."""
    return blend((SURFACE[is_dark], *(ABOVE if strength > 0 else BELOW)[is_dark]), abs(strength))


def word_gradient(is_dark: bool) -> str:
    """The colours of words from the strongest below 0 to the strongest above, as CSS."""
    colors = (*reversed(BELOW[is_dark]), SURFACE[is_dark], *ABOVE[is_dark])
    return f"linear-gradient(to right, {', '.join(colors)})"


def blend(colors: tuple[str, ...], share: float) -> str:
    """The colour at 0 (the first) to 1 (the last) of a scale."""
    place = min(max(share, 0.0), 1.0) * (len(colors) - 1)
    index = min(int(place), len(colors) - 2)
    first, second = (_rgb(color) for color in colors[index : index + 2])
    mixed = (round(a + (b - a) * (place - index)) for a, b in zip(first, second, strict=True))
    return "#" + "".join(f"{part:02X}" for part in mixed)


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
