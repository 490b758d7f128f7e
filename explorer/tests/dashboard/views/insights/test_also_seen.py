"""Other descriptions of a slice's samples."""

import json

from leap_explorer.dashboard.state import from_params
from leap_explorer.dashboard.views.insights.also_seen import also_seen
from leap_explorer.insights import Condition, Insight

HELD_OUT, LONG = Condition("subset", "==", "test"), Condition("metadata_words", ">=", 300)
SENTENCES = Condition("metadata_sentences", ">=", 20)


def _insight(similar):
    return Insight("a", "low_performance", "T.", 0.2, 5, 50, {"similar": similar}, (HELD_OUT, LONG))


def test_each_is_a_link_to_the_held_out_samples_that_it_selects():
    similar = [{"phrase": "20 sentences or more", "jaccard": 0.9, "filter": [SENTENCES.to_dict()]}]
    _, entries = also_seen(_insight(similar))
    link, alike = entries.children[0].children
    changes = json.loads(link.to_plotly_json()["props"]["data-change"])
    opened = from_params({name: value for name, value in changes.items() if value is not None})
    assert (link.children, opened.view) == ("20 sentences or more", "population")
    assert opened.filter == (HELD_OUT, SENTENCES)
    assert alike.children == " (90.0 % the same samples)"


def test_nothing_where_nothing_is_alike():
    assert also_seen(_insight([])) == []
    assert also_seen(Insight("a", "duplication", "T.", 0.2, 5, 50, {}, (HELD_OUT,))) == []
