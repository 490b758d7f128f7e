"""A text in coloured pieces, and what the colours mean."""

import pytest

from leap_explorer.explain.alignment import Span
from leap_explorer.explain.reader import Explanation
from leap_explorer.explain.word_heat import LEVELS, direction, largest, oriented, pieces, with_line_breaks


def explanation(target, labels=("negative", "positive")):
    spans = (Span(0, 1, 2.0, True), Span(2, 3, -1.0, True), Span(4, 5, None, False))
    return Explanation(dict.fromkeys(labels, 0.5), target, spans, "made up", {}, None, None)


class TestPieces:
    def test_are_the_text(self):
        text = "It's GREAT,\tsay I!  <b>&amp;</b>"
        spans = [Span(0, 4, 0.5, True), Span(5, 10, -1.0, True), Span(12, 15, None, False)]
        found = pieces(text, spans)
        assert "".join(piece.text for piece in found) == text
        assert [(piece.text, piece.span) for piece in found if piece.span] == [
            ("It's", spans[0]),
            ("GREAT", spans[1]),
            ("say", spans[2]),
        ]

    def test_line_breaks_are_shown_and_are_no_words(self):
        text = "one<br />two<BR>three"
        spans = [Span(0, 3, 1.0, True), Span(4, 6, 2.0, True), Span(9, 12, 3.0, True), Span(16, 21, 4.0, True)]
        found = pieces(text, spans)
        assert "".join(piece.text for piece in found) == "one\ntwo\nthree"
        assert [piece.text for piece in found if piece.span] == ["one", "two", "three"]

    @pytest.mark.parametrize(("text", "spans"), [("", []), ("no spans at all", [])])
    def test_of_a_text_without_words(self, text, spans):
        assert "".join(piece.text for piece in pieces(text, spans)) == text

    def test_levels_are_shares_of_the_largest_score(self):
        spans = [Span(2 * i, 2 * i + 1, score, True) for i, score in enumerate([4.0, -2.0, 0.01, 0.0])]
        found = pieces("a b c d e", [*spans, Span(8, 9, None, False)])
        assert [piece.level for piece in found if piece.span] == [LEVELS, -LEVELS // 2, 0, 0, 0]

    @pytest.mark.parametrize("span", [Span(0, 1, 0.0, True), Span(0, 1, None, False)])
    def test_have_no_level_without_a_score(self, span):
        assert [piece.level for piece in pieces("a", [span])] == [0]

    def test_words_that_hold_a_match(self):
        spans = [Span(0, 4, 1.0, True), Span(5, 8, 1.0, True), Span(9, 13, None, False)]
        found = pieces("good bad ugly", spans, [(6, 11)])
        assert [piece.text for piece in found if piece.is_match] == ["bad", "ugly"]


class TestDirection:
    @pytest.mark.parametrize("target", ["negative", "positive"])
    def test_of_two_labels_is_the_second_whichever_is_explained(self, target):
        found = direction(target, ["negative", "positive"])
        assert (found.above, found.below) == ("for positive", "for negative")

    def test_of_more_labels_is_the_explained_one(self):
        found = direction("cat", ["cat", "dog", "cow"])
        assert (found.above, found.below, found.sign) == ("for cat", "against cat", 1)

    def test_of_the_loss(self):
        found = direction("loss", ["cat", "dog"])
        assert (found.above, found.below, found.sign) == ("raises the loss", "lowers the loss", 1)

    def test_says_what_a_word_does(self):
        found = direction("positive", ["negative", "positive"])
        assert [found.of(score) for score in (0.5, 0.0, -1)] == ["for positive", "no influence", "for negative"]

    @pytest.mark.parametrize(("target", "scores"), [("positive", [2.0, -1.0, None]), ("negative", [-2.0, 1.0, None])])
    def test_scores_are_turned_into_it(self, target, scores):
        assert [span.score for span in oriented(explanation(target))[1]] == scores

    def test_scores_of_more_labels_stay(self):
        assert [span.score for span in oriented(explanation("a", ("a", "b", "c")))[1]] == [2.0, -1.0, None]


def test_the_scale_is_the_largest_score():
    assert largest([Span(0, 1, 0.5, True), Span(2, 3, -2.0, True), Span(4, 5, None, False)]) == 2.0
    assert largest([Span(0, 1, None, False)]) == 0.0


def test_line_breaks_of_html_become_line_ends_and_other_markup_stays():
    assert with_line_breaks("a<br>b<BR />c<br/>d") == "a\nb\nc\nd"
    assert with_line_breaks("<script>x</script> <brr>") == "<script>x</script> <brr>"
