"""From a text to its words, to input positions, to spans of the text as it was written: what holds for any text."""

import re
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from IMDb.config import ROOT
from IMDb.text.markup import ELEMENTS, without_markup
from IMDb.text.standardise import plain_text, standardise
from IMDb.text.tokenizers import WordTokenizer
from leap_explorer.explain.alignment import align, coloured_spans
from leap_explorer.explain.word_heat import pieces, with_line_breaks
from properties import EXAMPLES, FRAGMENTS, count_calls, holds, texts

VOCABULARY = ["[PAD]", "[OOV]", "good", "film", "not", "a", "i", "isn't", "strasse", "word"]
TOKENIZER = WordTokenizer(VOCABULARY, max_length=12, head_share=0.5, phrases=["not good", "good film"])

#: Words as they are written and as they are read.
WRITTEN = {
    "Good": "good",
    "ISN\u2019T": "isn't",
    "isn&#39;t": "isn't",
    "don\x92t": "don't",
    "\u0130stanbul": "i\u0307stanbul",
    "Stra\u00dfe": "strasse",
    "\ufb01lm": "film",
    "\uff27\uff4f": "go",
    "won\u00adder\u200dful": "wonderful",
    "cafe\u0301": "caf\u00e9",
    "caf&eacute;": "caf\u00e9",
    "3": "3",
    "x": "x",
}
#: What may stand between two words.
SEPARATORS = (
    *(" ", ", ", " \x00", "\u200b", " - ", "<br />", " <br/><br>", "<i>", "</i>", '<a title="x>y">', "<h1 class=good>"),
    *(
        "<!-- dull plot -->",  # words of a comment that follow it too could be either
        "<script>if (a < b) good(x)</script>",
        "<style>x</style>",
        " &amp; ",
        "&lt;",
        " < ",
        "... ",
    ),
)


def spans_of(text):
    """The spans of a text by the numbers of its words' positions, and the words' sum of scores."""
    encoding = TOKENIZER.encode(text)
    words, word_of = TOKENIZER.words(encoding.padded(TOKENIZER.max_length, TOKENIZER.pad_id))
    scores = 2.0 ** np.arange(len(words))
    return words, word_of, coloured_spans(text, words, scores, TOKENIZER.read_whole(text).words)


@EXAMPLES
class TestOfAnyText:
    def test_words_are_letters_in_normal_form_and_the_same_in_the_plain_text(self, examples):
        def check(text):
            words = standardise(text)
            assert standardise(" ".join(words)) == words
            for word in words:
                assert word
                assert not any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zs") for sign in word)
                assert unicodedata.is_normalized("NFKC", word)
                assert word == word.casefold()
            plain = plain_text(text)
            assert not any(unicodedata.category(sign) in ("Cc", "Cs") for sign in plain)
            if not re.search("[<&]", plain):
                assert standardise(plain) == words

        holds(examples, check, texts())

    def test_every_position_is_of_one_word_and_every_character_in_one_piece(self, examples):
        def check(text):
            encoding = TOKENIZER.encode(text)
            words, word_of, spans = spans_of(text)
            assert set(word_of[: len(encoding.ids)]) == set(range(len(words)))
            assert set(word_of[len(encoding.ids) :]) <= {-1}

            ends = [0, *(span.end for span in spans)]
            assert all(end <= span.start < span.end for end, span in zip(ends, spans, strict=False))
            assert ends[-1] <= len(text)
            shown = pieces(text, spans)
            assert "".join(piece.text for piece in shown) == with_line_breaks(text)
            total = sum(span.score for span in spans if span.score is not None)
            assert 0 <= total <= 2.0 ** len(words) - 1

        holds(examples, check, texts())


@EXAMPLES
class TestOfWordsInMarkup:
    def test_words_are_found_where_they_were_written(self, examples):
        def check(written):
            text, places = "", []
            for word, separator in written:
                places.append((len(text), len(text) + len(word)))
                text += word + separator
            words = [WRITTEN[word] for word, _ in written]
            assert standardise(text) == words
            assert align(words, text) == places

        pairs = st.tuples(st.sampled_from(sorted(WRITTEN)), st.sampled_from(SEPARATORS))
        holds(examples, check, st.lists(pairs, max_size=15))

    def test_a_parser_sees_the_same_text(self, examples):
        def check(parts):
            html = "".join(parts)
            body = LexborHTMLParser(f"<div>{html}").body
            for hidden in body.css("script, style"):
                hidden.decompose()
            # A parser drops an end tag that ends nothing and joins what stands around it: letters are compared
            found = standardise(body.text(separator=" ").replace("<", "&lt;"))
            assert "".join(standardise(html)) == "".join(found)

        # Elements that may stand anywhere: a parser moves text out of tables, and drops what no menu may hold
        names = ("b", "i", "em", "span", "div", "h2", "br", "hr", "u", "font", "center", "q", "section")
        tags = [
            form.format(name) for name in names for form in ("<{}>", "</{}>", "<{} a='>' b=\"x<y\" c=d>", "<{}\n/>")
        ]
        others = (
            "<!-- a < b -->",
            "<script>a<b</script>",
            "<style>a</style >",
            "&lt;b&gt;",
            "&amp;",
            " < ",
            "<3 ",
            " ",
        )
        pieces_ = st.sampled_from([*tags, *others, "good", "Film", "isn't"])
        holds(examples, check, st.lists(pieces_, max_size=15))

    def test_what_is_no_element_is_text(self, examples):
        def check(name, rest):
            text = f"one <{name}{rest}> two"
            assert without_markup(text) == (" ".join(("one ", " two")) if name in ELEMENTS else text)

        signs = st.sampled_from("abinprs19")
        names = st.builds("x{}{}{}".format, signs, signs, signs) | st.sampled_from([*sorted(ELEMENTS), "g", "ax", "h7"])
        holds(examples, check, names, st.sampled_from(("", " ", " and more", "/", " a='>'")))


@pytest.mark.parametrize("unit", [*FRAGMENTS, '<a "="', "<a b=\"'", "<b>x", "good <i>film</i> "])
def test_calls_grow_with_the_length_of_the_text(unit):
    def read(count):
        text = unit * count
        words, _, spans = spans_of(text)
        return words, pieces(text, spans)

    read(1)  # fills the caches
    counts = [count_calls(lambda n=n: read(n)) for n in (200, 400, 800)]
    assert counts[2] - counts[1] <= 2.2 * (counts[1] - counts[0]) + 100


_MARKUP_LIKE = [
    *FRAGMENTS,
    '<a "="',
    "<a b=\"'",
    "<a b='\"",
    "<a b='\"='",
    "<",
    "<a ",
    "<script",
    "<b></i>",
    "<!-",
    "&#",
]


@pytest.mark.slow
def test_ten_million_characters_of_anything_like_markup_are_read_in_bounded_time():
    """Ten minutes of the processor's time for all: what takes quadratic time would need days."""
    pytest.importorskip("resource")
    code = (
        "import resource, sys\n"
        "from IMDb.text.markup import without_markup\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (600, 600))\n"
        f"for unit in {_MARKUP_LIKE!r}:\n"
        "    assert without_markup(unit * (10_000_000 // len(unit))) is not None\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
