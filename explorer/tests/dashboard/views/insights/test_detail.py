"""An insight's details."""

from leap_explorer.dashboard.views.insights.detail import facts_of
from leap_explorer.insights import Condition, Insight


def test_facts_begin_with_what_to_do_and_how_severe_it_is():
    conditions = (Condition("metadata_words", ">=", 300),)
    evidence = {"excess_loss_share": 0.2, "phrase": "words 300 or more"}
    insight = Insight("a", "low_performance", "Title.", 0.2, 5, 50, evidence, conditions, severity_interval=(0.1, 0.3))
    facts = facts_of(insight)
    assert list(facts) == ["What to do", "Severity", "What it costs"]
    assert facts["What to do"] == "Collect or weight training samples like these 5 (words 300 or more)."
    assert facts["Severity"] == "20.0 % (95 % interval 10.0 to 30.0 %)."


def test_an_insight_of_an_older_version_has_no_interval_and_no_phrase():
    insight = Insight("a", "low_performance", "Title.", 0.2, 5, 50, {}, (Condition("metadata_words", ">=", 300),))
    assert facts_of(insight) == {"What to do": "Collect or weight training samples like these 5 (words >= 300)."}
