import numpy as np
import pytest

from leap_explorer.explain.alignment import Span, align, coloured_spans


def found(words, text):
    return [None if place is None else text[slice(*place)] for place in align(words, text)]


class TestAlign:
    @pytest.mark.parametrize(
        ("words", "text", "expected"),
        [
            (["it", "was", "great"], "It was GREAT!", ["It", "was", "GREAT"]),
            (["a", "b"], "A<br /><br />B", ["A", "B"]),
            (["i", "love", "br"], "<i>I</i> love<br/>BR", ["I", "love", "BR"]),
            (["don't", "isn't"], "Don\u2019t … isn`t", ["Don\u2019t", "isn`t"]),
            (["don", "'", "t", "go"], "Don\u2019t go", ["Don", "\u2019", "t", "go"]),
            (["cafe", "naive"], "Café naïve", ["Café", "naïve"]),
            (["cafe", "now"], "Cafe\u0301 now", ["Cafe\u0301", "now"]),
            (["fine"], "ﬁne", ["ﬁne"]),
            (["tom", "&", "jerry"], "Tom &amp; Jerry", ["Tom", "&amp;", "Jerry"]),
            (["he", "said", "no"], "he said &quot;no&quot;", ["he", "said", "no"]),
            (["it's"], "It&#39;s", ["It&#39;s"]),
            (["it's"], "It\x92s", ["It\x92s"]),
            (["good", "film"], "🙂 good 👍🏽 film 🙂", ["good", "film"]),
            (["the", "the", "the"], "The the\nTHE", ["The", "the", "THE"]),
            (["istanbul"], "İstanbul", ["İstanbul"]),
            (["4", "<", "5"], "4 < 5", ["4", "<", "5"]),
            (["<", "b", ">", "x"], "<b>x", ["<", "b", ">", "x"]),
            (["a", "b"], "a & b &nosuchthing b", ["a", "b"]),
            (["a", "b"], "a * * * * * * * * * * * b", ["a", "b"]),
            (["t", "ok"], '<a title="x>y">t</a> ok', ["t", "ok"]),
            (["wo", "rd", "ok"], "wo<!-- a b -->rd ok", ["wo", "rd", "ok"]),
            (["word", "ok"], "wo<!-- a b -->rd ok", ["wo<!-- a b -->rd", "ok"]),
            (["word", "ok"], "<b>W</b>o<!---->rd<!-- word --> <i>ok</i>", ["W</b>o<!---->rd", "ok"]),
            (["don't", "go"], "do<!-- x -->n't g<!-- x -->o", ["do<!-- x -->n't", "g<!-- x -->o"]),
            (["part", "i", "part", "ii", "now"], "Part I<Part II and more>now", ["Part", "I", None, None, "now"]),
            (
                ["part", "i", "part", "ii", "and", "iii", "part", "iv"],
                "Part I<Part II and III>Part IV",
                ["Part", "I", "Part", "II", "and", "III", "Part", "IV"],
            ),
            (["love", "i"], "love <i>I</i>", ["love", "I"]),
            (["a", "grin", "sigh", "b"], "a <grin> <sigh> b", ["a", "grin", "sigh", "b"]),
            (["i", "b"], "<i><b>i</b></i> <b>b</b>", ["i", "b"]),
            (["he", "not", "good", "it"], "he &lt;not good&gt; it", ["he", "not", "good", "it"]),
            (["a", "b"], "a<!-- a b --><script>a < b; b()</script>b", ["a", "b"]),
            (["strasse", "i\u0307stanbul"], "Straße İstanbul", ["Straße", "İstanbul"]),
            (["good", "film"], "\uff27\uff2f\uff2f\uff24 ﬁlm", ["\uff27\uff2f\uff2f\uff24", "ﬁlm"]),
            (["wonderful", "end"], "won\u00adder\u200dful end", ["won\u00adder\u200dful", "end"]),
            (["good", "bad"], "good\x00bad", ["good", "bad"]),
            ([], "any", []),
            (["word"], "", [None]),
            ([""], "a word", [None]),
            (["a b", "c"], "a b", ["a b", None]),
            ([], "", []),
        ],
    )
    def test_finds_words_as_they_were_written(self, words, text, expected):
        assert found(words, text) == expected

    def test_repeated_words_go_on_to_the_next(self):
        text = "good, good. Good"
        assert align(["good"] * 3, text) == [(0, 4), (6, 10), (12, 16)]

    def test_a_word_that_the_text_lacks_is_skipped(self):
        assert found(["a", "ghost", "story"], "a story") == ["a", None, "story"]

    def test_an_unknown_word_takes_the_place_between_its_neighbours(self):
        assert found(["the", "[OOV]", "was", "[OOV]", "bad"], "The Xyzzy was, er, bad") == [
            "The",
            "Xyzzy",
            "was",
            "er",
            "bad",
        ]
        assert found(["[OOV]", "[OOV]"], "Foo bar") == ["Foo", "bar"]
        assert found(["a", "[UNK]", "b"], "a 🙂 b") == ["a", "🙂", "b"]

    def test_an_unknown_word_with_two_places_gets_none(self):
        assert found(["the", "[OOV]", "bad"], "the first second bad") == ["the", None, "bad"]

    def test_a_whole_word_goes_before_the_start_of_another(self):
        assert found(["see", "the", "end"], "see -- theater: the end") == ["see", "the", "end"]
        assert align(["see", "the", "end"], "see -- theater: the end")[1] == (16, 19)

    def test_a_word_up_to_an_apostrophe_is_whole(self):
        assert align(["john"], "Johnny John's") == [(7, 11)]

    def test_each_word_that_is_missing_lets_the_next_be_sought_further(self):
        words = ["a", *["ghost"] * 4, "middle", *["ghost"] * 4, "z"]
        text = "a one two three four middle five six seven eight nine z"
        assert found(words, text)[5] == "middle"

    def test_head_and_tail_of_a_long_text(self):
        words = [f"w{i}" if i % 3 else "the" for i in range(300)]
        places = align(words[:50] + words[-70:], " ".join(words))
        starts = np.cumsum([0, *(len(word) + 1 for word in words)])[:-1]
        expected = [*range(50), *range(230, 300)]
        assert [place[0] for place in places] == [starts[i] for i in expected]

    def test_head_alone(self):
        words = [f"w{i}" for i in range(100)]
        assert found(words[:30], " ".join(words)) == words[:30]

    def test_places_are_in_order_and_spell_the_words(self):
        generator = np.random.default_rng(0)
        vocabulary = ["a", "an", "and", "the", "theater", "not", "no", "on", "one", "film", "I", "it", "it's"]
        for _ in range(30):
            words = list(generator.choice(vocabulary, 40))
            text = "".join(word + generator.choice([" ", ", ", "<br />", " &amp; ", "...", " 🙂 "]) for word in words)
            assert found([word.lower() for word in words], text) == words

    def test_of_ten_thousand_words_of_which_many_are_missing(self):
        words = ["word", "[OOV]", "ghost", "!"] * 2500
        places = align(words, "word xyz <br /> !!! " * 2500)
        assert places[0] == (0, 4)
        assert [place[0] for place in places[::4]] == list(range(0, 20 * 2500, 20))
        assert set(places[2::4]) == {None}


class TestColouredSpans:
    def test_cover_the_text_in_order(self):
        spans = coloured_spans("Good,<br />BAD film", ["good", "bad", "film"], np.array([1.0, -2.0, 0.0]))
        assert spans == [Span(0, 4, 1.0, True), Span(11, 14, -2.0, True), Span(15, 19, 0.0, True)]

    def test_mark_what_the_model_did_not_read(self):
        spans = coloured_spans("One two three four five", ["one", "two", "five"], np.array([1.0, 2.0, 5.0]))
        assert [(span.score, span.is_read) for span in spans] == [
            (1.0, True),
            (2.0, True),
            (None, False),
            (None, False),
            (5.0, True),
        ]

    def test_with_the_whole_words_tell_equal_words_apart(self):
        text = "good good good good good"
        whole = ["good"] * 5
        spans = coloured_spans(text, ["good"] * 3, np.array([1.0, 2.0, 3.0]), whole)
        assert [span.is_read for span in spans] == [True, True, True, False, False]
        assert [span.start for span in spans] == [0, 5, 10, 15, 20]

    def test_with_the_whole_words_follow_the_cut(self):
        text = "A dog, THE cat; the dog - a cat"
        whole = ["a", "dog", "the", "cat", "the", "dog", "a", "cat"]
        read = ["[OOV]", "dog", "a", "cat"]  # its head and its tail
        spans = coloured_spans(text, read, np.array([1.0, 2.0, 3.0, 4.0]), whole)
        assert [span.score for span in spans] == [1.0, 2.0, None, None, None, None, 3.0, 4.0]
        assert [text[span.start : span.end] for span in spans] == ["A", "dog", "THE", "cat", "the", "dog", "a", "cat"]

    def test_a_word_that_the_cut_runs_through_was_read(self):
        spans = coloured_spans(
            "very playing was bad", ["very", "play", "bad"], np.ones(3), ["very", "playing", "was", "bad"]
        )
        assert [span.is_read for span in spans] == [True, True, False, True]

    def test_never_overlap(self):
        spans = coloured_spans("Well… no", ["well", ".", ".", ".", "no"], np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
        assert spans == [Span(0, 4, 1.0, True), Span(4, 5, 9.0, True), Span(6, 8, 5.0, True)]

    def test_of_nothing_are_none(self):
        assert coloured_spans("", [], np.empty(0)) == []
        assert coloured_spans("", [], np.empty(0), []) == []
        assert coloured_spans("!?", [], np.empty(0)) == []
        assert coloured_spans("word", [], np.empty(0)) == [Span(0, 4, None, False)]

    def test_whatever_the_text_are_in_order_and_inside_it(self):
        text = "<script>alert('x')</script> “Quotes” &lt;b&gt; 🙂🙂 ½ <br><!-- c --> İ ﬁ \x85 \u200b e\u0301 <3 a<b"
        words = ["alert", "x", "quotes", "<", "b", "1", "2", "i", "fi", "e", "3", "a", "b", "zzz"]
        for subset in (words, words[::2], words[::-1], [word for word in words if word != "<"]):
            spans = coloured_spans(text, subset, np.arange(len(subset), dtype=float))
            ends = [0, *(span.end for span in spans)]
            assert all(before <= span.start < span.end for before, span in zip(ends, spans, strict=False))
            assert ends[-1] <= len(text)
