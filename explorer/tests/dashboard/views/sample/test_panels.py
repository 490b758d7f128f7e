from leap_explorer.dashboard.views.sample.panels import most_probable


def test_most_probable_and_the_true_one():
    probabilities = {"a": 0.1, "b": 0.5, "c": 0.15, "d": 0.25}
    assert list(most_probable(probabilities, 2, None)) == ["b", "d"]
    assert list(most_probable(probabilities, 2, "a")) == ["a", "b"]
    assert most_probable(probabilities, 9, "a") == probabilities
