"""Words that are over-represented among some samples against others, as a table whose words are filters."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.state import State, with_condition
from leap_explorer.insights.filters import WORDS, Condition
from leap_explorer.insights.log_odds import WordOdds, words_apart
from leap_explorer.insights.rows import Mask
from leap_explorer.runs.words import ShownWords

MOST_WORDS = 12
HELP = (
    "Words, and phrases of two words, that more samples of the first kind show than of the second. Log odds: 0.7 is "
    "twice, 1.1 three times as usual; in brackets the 95 % interval, corrected for all words compared (Monroe "
    "et al. 2008). The surest first. A click on a word selects the samples that show it."
)


def word_table(words: ShownWords, inside: Mask, outside: Mask, sides: tuple[str, str], state: State) -> Component:
    """The words of the samples `inside` against those `outside`, and in which share of each they stand.

    What the filter asks for is left out, as it says nothing.
    """
    asked = {str(one.value).lower() for one in state.filter if one.column == WORDS}
    found = [one for one in words_apart(words, inside, outside, MOST_WORDS) if one.term not in asked]
    if not found:
        return html.P("No word stands out beyond chance.", className="faint")
    n_inside, n_outside = (max(int((mask & words.has_text).sum()), 1) for mask in (inside, outside))
    return odds_table(found, (n_inside, n_outside), sides, state)


def odds_table(found: Sequence[WordOdds], sizes: tuple[int, int], sides: tuple[str, str], state: State) -> Component:
    """A row for each word: in which share of the samples of both sides it stands, and its log odds.

    Args:
        sizes: samples of each side.
    """
    rows = [
        [
            ui.link(one.term, filter=with_condition(state.filter, Condition(WORDS, "has", one.term))),
            theme.percent(one.inside / sizes[0]),
            theme.percent(one.outside / sizes[1]),
            html.Span([f"{one.value:+.2f} ", html.Span(f"({one.low:.2f} to {one.high:.2f})", className="faint small")]),
        ]
        for one in found
    ]
    header = ["Word", *sides, html.Span(["Log odds", ui.help_tip(HELP, "Log odds", is_left=True)])]
    return ui.table(header, rows, numeric=(1, 2, 3))
