"""The words of a model's wrong predictions, as a card whose words filter."""

from dataclasses import replace

from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.word_odds import odds_table
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State, with_condition
from leap_explorer.insights.error_words import FEWEST_WRONG, ErrorWords, error_words
from leap_explorer.insights.filters import Condition
from leap_explorer.insights.rows import Mask

HELP = (
    "Words and phrases that more of the wrongly predicted samples show than of those of the same true label that are "
    "predicted right: log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008), and its "
    "95 % interval, corrected for the number of words. 0 is no difference, 0.7 twice the odds."
)
_TITLE = "Words of wrong predictions"
_NO_WORDS = (
    "This run does not keep which words its samples show. Evaluate the model anew, or give an older full run its words "
    "with leap-explorer renew RUN --integration DIR."
)


def error_word_cards(context: Context, data: RunData, rows: Mask, state: State) -> list[Component]:
    """The card, of the marked samples; none where nothing shows text."""
    if data.run.words is None:
        return [ui.card(_TITLE, html.P(_NO_WORDS, className="faint"))] if context.reader else []
    found = error_words(data.frame, data.run.words, rows)
    title = html.Span([_TITLE, ui.help_tip(HELP, _TITLE)])
    if not found:
        few = f"Of no label {FEWEST_WRONG} samples or more are predicted wrong here: words cannot be told from chance."
        return [ui.card(title, html.P(few, className="faint"))]
    return [ui.card(title, *(part for one in found for part in _of_label(one, state)))]


def _of_label(one: ErrorWords, state: State) -> list[Component]:
    heading = html.H3(f"{one.label}, predicted wrong: {one.n_wrong:,}, against {one.n_right:,} predicted right")
    if not one.words:
        return [heading, html.P("No word stands out.", className="faint")]
    of_label = replace(state, filter=with_condition(state.filter, Condition("ground_truth", "==", one.label)))
    return [heading, odds_table(one.words, (one.n_wrong, one.n_right), ("Wrong", "Right"), of_label)]
