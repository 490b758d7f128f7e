"""What is claimed of the models, each with its figure in every one of them."""

from collections.abc import Iterator
from typing import Any

from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.insights.claims import Claim, claimed_correlation, verdict

HELP = (
    "Spearman's rank correlation of what is claimed and the loss, over the held-out samples: 1 is always the higher, "
    "the higher; 0 no relation; -1 the opposite. In brackets its 95 % interval; a claim holds where that lies above 0."
)


def claim_cards(context: Context, has_links: bool = True) -> list[Component]:
    """A card with a row for each claim and model; none without claims.

    Args:
        has_links: whether a click on a claim can show its plot.
    """
    rows = [row for claim in context.claims for row in _rows(context, claim, has_links)]
    if not rows:
        return []
    title = html.Span(["Claims, on held-out samples", ui.help_tip(HELP, "Claims")])
    header = ["Claim", "Model", "Correlation", "Verdict", "Samples"]
    return [ui.card(title, ui.table(header, rows, numeric=(2, 4), id="claims"))]


def _rows(context: Context, claim: Claim, has_links: bool) -> Iterator[list[Any]]:
    """Of the models that can be asked."""
    for name, data in context.data.items():
        if found := claimed_correlation(data.frame, claim):
            looks = {"data.column": claim.column, "data.metric": "loss"}
            text = ui.link(claim.text, run=name, extra=looks) if has_links else claim.text
            yield [text, name, ui.estimate(found[0]), verdict(found[0]), f"{found[1]:,}"]
