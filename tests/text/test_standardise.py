import pytest

from IMDb.text.standardise import expand_contractions, plain_text, standardise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \n\t ", ""),
        ("<br /><br/>", ""),
        ("good.<br /><br />Bad", "good. Bad"),
        ("a<BR>b<br\n/>c", "a b c"),
        ('<i>The</i> <a href="x?a=1">film</a>', "The film"),
        ("<!-- <b>a</b>\nnote -->seen<!DOCTYPE html>", "seen"),
        ("before<script>if (a < b) alert('x')</script>after", "before after"),
        ('a<STYLE type="text/css">p { color: red }</style >b', "a b"),
        ("a <script> left open", "a left open"),
        ("<scripted>text</scripted>", "<scripted>text</scripted>"),
        ("I <3 it", "I <3 it"),
        ("4 < 5 > 2 and 1<2>0", "4 < 5 > 2 and 1<2>0"),
        ("a < b", "a < b"),
        ("<", "<"),
        ("Tom &amp; Jerry &lt;3&nbsp;&quot;yes&quot; &#39;caf&eacute;&#39;", "Tom & Jerry <3 \"yes\" 'café'"),
        ("good&lt;br /&gt;bad", "good<br />bad"),
        ("He wrote &lt;not good&gt; on it", "He wrote <not good> on it"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("isn\u2019t isn\x92t isn\u02bct isn\u00b4t isn`t isn&#146;t isn&rsquo;t", " ".join(["isn't"] * 7)),
        ("shoot\x97TOO\x85 \x93fun\x94", "shoot\u2014TOO... \u201cfun\u201d"),
        ("a\x81b", "a b"),
        ("good\x00bad\x08movie\x7f\udc80end", "good bad movie end"),
        ("good&#1;bad&#x1F;movie", "good bad movie"),
        ("won\u00adder\u200dful \ufeffend\u200bstart", "wonderful end start"),
        ("ﬁlm \uff11\uff10 cafe\u0301", "film 10 café"),
        ("Великий 電影 👍🏽", "Великий 電影 👍🏽"),
    ],
)
def test_plain_text(text, expected):
    assert plain_text(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("...!? -- <br /> 👍", []),
        ("A Great FILM", ["a", "great", "film"]),
        ("well-established,plot;twist/end", ["well", "established", "plot", "twist", "end"]),
        ("snake_case __init__", ["snake", "case", "init"]),
        ("one.Two<br />three", ["one", "two", "three"]),
        ("isn't", ["isn't"]),
        ("ISN\u2019T", ["isn't"]),
        ("isn\x92t", ["isn't"]),
        ("rock'n'roll", ["rock'n'roll"]),
        ("'tis the dogs' 'day'", ["tis", "the", "dogs", "day"]),
        ("isn''t", ["isn", "t"]),
        ("I <3 it", ["i", "3", "it"]),
        ("love&hate R&amp;B", ["love", "hate", "r", "b"]),
        ("9/10, 1930s", ["9", "10", "1930s"]),
        ("Café CAFE\u0301 ﬁne", ["café", "café", "fine"]),
        ("great👍film", ["great", "film"]),
        ("<p>no</p><script>var x</script><p>fused</p>", ["no", "fused"]),
        ('<a title="x>y">t</a> ok', ["t", "ok"]),
        (
            "Part I<Part II and never Part III>Part IV",
            ["part", "i", "part", "ii", "and", "never", "part", "iii", "part", "iv"],
        ),
        ("\u0130stanbul rocks", ["i\u0307stanbul", "rocks"]),
        ("Stra\u00dfe STRASSE", ["strasse", "strasse"]),
        ("\ufb01lm \ufb02y", ["film", "fly"]),
        (
            "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3 \u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2",
            ["\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3"] * 2,
        ),
        ("\uff27\uff2f\uff2f\uff24 \uff46\uff49\uff4c\uff4d", ["good", "film"]),
        ("won\u00adder\u200cful\u200d", ["wonderful"]),
        (
            "q\u0307uit\u0316 \u0939\u093f\u0928\u094d\u0926\u0940",
            ["q\u0307uit\u0316", "\u0939\u093f\u0928\u094d\u0926\u0940"],
        ),
        ("\u2764\ufe0f 1\ufe0f\u20e3 \u0301", ["1"]),
        ("good\x00bad\x1fmovie", ["good", "bad", "movie"]),
        ("don\u02bct DON\uff07T \u0149", ["don't", "don't", "n"]),
    ],
)
def test_standardise(text, words):
    assert standardise(text) == words


def test_standardised_words_stay_as_they_are():
    words = standardise("He isn't <i>well-established</i> \u2014 CAFE\u0301 &amp; co.")
    assert standardise(" ".join(words)) == words


def test_no_letter_has_more_marks_than_normalising_can_bear():
    (word,) = standardise("e" + "\u0316\u0301" * 50_000 + "nd")
    assert word == "\u00e9" + "\u0316" * 15 + "\u0301" * 14 + "nd"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It isn't great, is it?", "It is not great, is it?"),
        ("CAN'T, Won't, cannot, shan't, ain't", "can not, will not, can not, shall not, is not"),
        (
            "They've said I'm late; you'll see we're right. He'd go",
            "They have said I am late; you will see we are right. He would go",
        ),
        ("You shouldn't've", "You should not have"),
        ("It's the dog's 'day' at O'Toole's", "It's the dog's 'day' at O'Toole's"),
        ("'ve n't 'twas", "'ve n't 'twas"),
    ],
)
def test_expand_contractions(text, expected):
    assert expand_contractions(text) == expected
