import pytest

from IMDb.text.standardise import plain_text, standardise


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
        ("<scripted>text</scripted>", "text"),
        ("I <3 it", "I <3 it"),
        ("4 < 5 > 2 and 1<2>0", "4 < 5 > 2 and 1<2>0"),
        ("a < b", "a < b"),
        ("<", "<"),
        ("Tom &amp; Jerry &lt;3&nbsp;&quot;yes&quot; &#39;caf&eacute;&#39;", "Tom & Jerry <3 \"yes\" 'café'"),
        ("good&lt;br /&gt;bad", "good bad"),
        ("isn\u2019t isn\x92t isn\u02bct isn\u00b4t isn`t isn&#146;t isn&rsquo;t", " ".join(["isn't"] * 7)),
        ("shoot\x97TOO\x85 \x93fun\x94", "shoot\u2014TOO... \u201cfun\u201d"),
        ("a\x81b", "a b"),
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
    ],
)
def test_standardise(text, words):
    assert standardise(text) == words


def test_standardised_words_stay_as_they_are():
    words = standardise("He isn't <i>well-established</i> \u2014 CAFE\u0301 &amp; co.")
    assert standardise(" ".join(words)) == words
