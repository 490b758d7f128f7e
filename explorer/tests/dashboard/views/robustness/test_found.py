from leap_explorer.dashboard.views.robustness.found import ChangedWords, Flip


def marked(original, changed):
    return [changed[start:end] for start, end in ChangedWords(original).places(changed)]


def test_words_that_changed_are_marked():
    assert marked("a good film", "a godo film") == ["godo"]
    assert marked("a good film", "a good film") == []
    assert marked("a film", "I saw a film .") == ["I", "saw", "."]
    assert marked("a long film", "a film") == []
    assert marked("", "new") == ["new"]


def test_keys_of_a_flip():
    flip = Flip("t~1", "validation", "a", "a", "b", 0.1, 2.0)
    assert (flip.key, flip.key_changed("typos:rate=0.1")) == ("validation/t~1", "additional/t~1~typos:rate=0.1")
