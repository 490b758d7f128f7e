"""The words of a model's wrong predictions, as a card whose words filter."""

from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State, with_condition
from leap_explorer.insights.error_words import FEWEST_WRONG, ErrorWords, error_words
from leap_explorer.insights.filters import WORDS, Condition
from leap_explorer.insights.log_odds import WordOdds
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
    rows = [[_link(one, word, state), *_shares(one, word), _odds(word)] for word in one.words]
    return [heading, ui.table(["Word", "Wrong", "Right", "Log-odds"], rows, numeric=(1, 2, 3))]


def _link(one: ErrorWords, word: WordOdds, state: State) -> Component:
    """Shows the samples of the label with the word, on the map."""
    conditions = with_condition(state.filter, Condition("ground_truth", "==", one.label))
    conditions = with_condition(conditions, Condition(WORDS, "has", word.term))
    return ui.link(word.term, label=f"Samples with {word.term}", view="population", filter=conditions)


def _shares(one: ErrorWords, word: WordOdds) -> tuple[str, str]:
    return theme.percent(word.inside / one.n_wrong), theme.percent(word.outside / one.n_right)


def _odds(word: WordOdds) -> Component:
    interval = f"({word.low:.2f} to {word.high:.2f})"
    return html.Span([html.Div(f"{word.value:+.2f}"), html.Div(interval, className="faint small")])
