"""The card of claims: a row for each model that can be asked."""

import numpy as np
import pandas as pd

from dashboard_data import made_data
from leap_explorer.dashboard.context import make_context
from leap_explorer.dashboard.parts.claims import claim_cards
from leap_explorer.insights.claims import Claim

CLAIMS = (Claim("Longer is worse", "metadata_words"), Claim("Nobody knows", "metadata_absent"))


def _context(claims=CLAIMS):
    row = np.arange(50)
    frame = pd.DataFrame({"id": row.astype(str), "subset": "test", "loss": row / 50, "metadata_words": row})
    runs = [made_data(frame, name).run for name in ("one", "two")]
    return make_context(runs, None, runs[0].path, claims)


def test_a_row_for_each_model():
    (card,) = claim_cards(_context())
    text = str(card)
    assert text.count("Longer is worse") == 2
    assert text.count("'holds'") == 2
    assert "Nobody knows" not in text
    assert "data.column" in text


def test_a_report_has_no_links_and_nothing_is_shown_without_claims():
    assert "data.column" not in str(claim_cards(_context(), has_links=False))
    assert claim_cards(_context(())) == []
