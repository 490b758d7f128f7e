import subprocess
import sys

import numpy as np
import pytest

from IMDb.config import LABELS, ROOT
from IMDb.metadata import (
    OOV_TYPES,
    READABILITY_TYPES,
    TEXT_TYPES,
    TOKEN_TYPES,
    oov_metadata,
    polarity_disagrees,
    readability_metadata,
    sentiment_metadata,
    text_metadata,
    token_metadata,
)
from IMDb.text.standardise import standardise
from IMDb.text.tokenizers import Encoding

TEXTS = ["", "!!! ...", "<br />", "great", "電影 👍", "Isn't it good? YES! But I never saw it.<br />"]


def of_text(text):
    return text_metadata(text, standardise(text))


def of_ids(*ids):
    return oov_metadata(np.array(ids, dtype=np.int32), oov_id=1)


def of_tokens(n_kept, n_tokens):
    return token_metadata(Encoding(np.ones(n_kept, dtype=np.int32), n_tokens, n_tokens - n_kept))


class TestTypes:
    @pytest.mark.parametrize("text", TEXTS)
    @pytest.mark.parametrize(
        ("function", "types"),
        [
            (of_text, TEXT_TYPES),
            (sentiment_metadata, {"polarity": float, "subjectivity": float}),
            (readability_metadata, READABILITY_TYPES),
        ],
    )
    def test_of_a_text(self, function, types, text):
        values = function(text)
        known = {name: value for name, value in values.items() if value is not None}
        assert values.keys() == types.keys()
        assert {name: type(value) for name, value in known.items()} == {name: types[name] for name in known}
        assert np.isfinite(list(known.values())).all()

    @pytest.mark.parametrize("ids", [(), (1,), (2, 1, 3)])
    def test_of_oov(self, ids):
        assert {name: type(value) for name, value in of_ids(*ids).items()} == OOV_TYPES

    @pytest.mark.parametrize("counts", [(0, 0), (2, 2), (2, 3)])
    def test_of_tokens(self, counts):
        assert {name: type(value) for name, value in of_tokens(*counts).items()} == TOKEN_TYPES

    def test_no_two_of_a_text_share_a_name(self):
        names = [*TEXT_TYPES, "polarity", "subjectivity", *READABILITY_TYPES]
        assert len(set(names)) == len(names)


class TestText:
    def test_every_value_of_a_review(self):
        text = "This isn't GOOD, but I liked the end!<br /><br />Was it the BEST end? However, I never cried!!"
        assert of_text(text) == {
            "words": 17,
            "sentences": 3,
            "type_token_ratio": 14 / 17,  # "i", "the" and "end" stand twice
            "negations": 2,
            "contrasts": 2,
            "exclamation_marks": 3,
            "question_marks": 1,
            "all_caps_share": 2 / 15,  # "I" and the "t" of "isn't" are too short to tell
            "line_breaks": 2,
        }

    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("", 0),
            ("It is not good, no, never.", 3),
            ("It isn't, wasn\u2019t, DON'T, can\x92t", 4),
            ("none nobody nothing neither nor nowhere cannot without hardly scarcely barely", 11),
            ("A knot, a notable nose, another know-how", 0),
            ("not-so-good", 1),
            ("rock'n'roll", 0),
        ],
    )
    def test_negations(self, text, count):
        assert of_text(text)["negations"] == count

    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("", 0),
            ("Good, but slow. However, fine", 2),
            ("BUT,but", 2),
            ("although though yet despite nevertheless nonetheless whereas unfortunately otherwise", 9),
            ("Butter and a robot buttered", 0),
        ],
    )
    def test_contrasts(self, text, count):
        assert of_text(text)["contrasts"] == count

    @pytest.mark.parametrize(
        ("text", "share"),
        [
            ("", 0.0),
            ("I A 4 U", 0.0),
            ("A GREAT film", 1 / 2),
            ("ISN'T it OK", 2 / 3),
            ("MP3 THE end", 1 / 2),
            ("<BR>THE <B>end</B>", 1 / 2),
            ("Great FILMs", 0.0),
            ("ÉTÉ été", 1 / 2),
        ],
    )
    def test_all_caps_share(self, text, share):
        assert of_text(text)["all_caps_share"] == pytest.approx(share)

    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("", 0),
            ("a<br /><br/>b<BR>c<br\n/>d</br>e", 5),
            ("a&lt;br /&gt;b", 0),
            ("<b>a</b> <broken> br <", 0),
        ],
    )
    def test_line_breaks(self, text, count):
        assert of_text(text)["line_breaks"] == count

    @pytest.mark.parametrize(
        ("text", "ratio"), [("", 0.0), ("the cat The dog", 3 / 4), ("film film FILM", 1 / 3), ("one two", 1.0)]
    )
    def test_type_token_ratio(self, text, ratio):
        assert of_text(text)["type_token_ratio"] == pytest.approx(ratio)

    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("", 1),
            ("I saw the film", 1),
            ("I saw the film. It was so bad! Was it you?", 3),
            ("I saw the film... It was so bad!!!", 2),
            ("I saw the film. So bad! Awful.", 1),
            ("I saw the film.<br /><br />It was so bad.", 2),
        ],
    )
    def test_sentences_of_three_words_or_more(self, text, count):
        assert of_text(text)["sentences"] == count

    def test_marks_in_a_tag_or_an_entity_are_not_the_reviewers(self):
        values = of_text('<a href="x?a=1">film</a> &quot;yes&quot;&#33; what<!-- no! -->')
        assert (values["exclamation_marks"], values["question_marks"]) == (1, 0)


class TestSentiment:
    @pytest.mark.parametrize(
        ("text", "sign"),
        [("A wonderful, excellent film", 1), ("An awful, terrible film", -1), ("The film of the man", 0), ("", 0)],
    )
    def test_sign_of_the_polarity(self, text, sign):
        assert np.sign(sentiment_metadata(text)["polarity"]) == sign

    @pytest.mark.parametrize(
        ("short", "long"),
        [
            ("It isn't great", "It is not great"),
            ("It isn\u2019t great", "It is not great"),
            ("It isn\x92t great", "It is not great"),
            ("It CAN'T be great", "It can not be great"),
            ("It cannot be great", "It can not be great"),
            ("It won't be great", "It will not be great"),
        ],
    )
    def test_a_contraction_counts_as_its_long_form(self, short, long):
        assert sentiment_metadata(short) == sentiment_metadata(long)
        assert sentiment_metadata("It isn't great")["polarity"] < 0 < sentiment_metadata("It is great")["polarity"]

    def test_control_characters_separate_words(self):
        assert sentiment_metadata("good\x00movie") == sentiment_metadata("good movie") != sentiment_metadata("movie")

    def test_subjectivity(self):
        assert sentiment_metadata("The film of the man")["subjectivity"] == 0.0
        assert sentiment_metadata("A wonderful film")["subjectivity"] == 1.0

    def test_markup_does_not_count(self):
        assert sentiment_metadata("<i class='terrible'>wonderful</i><br />") == sentiment_metadata("wonderful")


class TestReadability:
    # One sentence of 20 words, each of one syllable and in the Dale-Chall list: 74 letters, 75 signs
    EASY = "The man from the next house sat down by the green tree and ate his bread with milk and cheese."
    # The same with three words of three syllables or more, two of them distinct
    HARD = EASY.replace("man", "catastrophe").replace("cheese", "catastrophe").replace("sat", "bewildered")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("flesch_reading_ease", 206.835 - 1.015 * 20 - 84.6 * 1),
            ("flesch_kincaid_grade", 0.39 * 20 + 11.8 * 1 - 15.59),
            ("gunning_fog", 0.4 * 20),
            ("automated_readability_index", 4.71 * 75 / 20 + 0.5 * 20 - 21.43),
            ("coleman_liau_index", 0.058 * 370 - 0.296 * 5 - 15.8),
            ("dale_chall_readability_score", 0.0496 * 20),
            ("linsear_write_formula", (20 - 2) / 2),
            ("difficult_words", 0),
        ],
    )
    def test_by_the_formulas(self, name, value):
        assert readability_metadata(self.EASY)[name] == pytest.approx(value, abs=0.051)

    def test_hard_words(self):
        easy, hard = readability_metadata(self.EASY), readability_metadata(self.HARD)
        assert hard["difficult_words"] == 2
        assert hard["gunning_fog"] == pytest.approx(0.4 * (20 + 100 * 2 / 20))
        assert hard["linsear_write_formula"] == pytest.approx((17 + 3 * 3) / 2)
        assert hard["dale_chall_readability_score"] == pytest.approx(0.1579 * 10 + 0.0496 * 20 + 3.6365, abs=0.006)
        assert hard["flesch_reading_ease"] < easy["flesch_reading_ease"]
        assert hard["flesch_kincaid_grade"] > easy["flesch_kincaid_grade"]

    def test_markup_does_not_count(self):
        assert readability_metadata(self.EASY.replace(" ", "<br /><br />")) == readability_metadata(self.EASY)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "!!!",
            "<br />",
            "\U0001f44d\U0001f3fd",
            "\u96fb\u5f71\u5f88\u597d\u3002",
            "10/10",
            "\u0424\u0438\u043b\u044c\u043c",
        ],
    )
    def test_no_value_without_english_words(self, text):
        assert readability_metadata(text) == dict.fromkeys(READABILITY_TYPES)

    def test_textstat_is_imported_at_first_use_and_without_a_warning(self):
        code = (
            "import sys\n"
            "from IMDb import metadata\n"
            "assert 'textstat' not in sys.modules and 'textblob' not in sys.modules\n"
            "metadata.readability_metadata('A short film.')\n"
            "assert 'textstat' in sys.modules\n"
        )
        command = [sys.executable, "-X", "dev", "-W", "always", "-c", code]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        for word in ("pkg_resources", "textstat", "ResourceWarning"):
            assert word not in done.stderr


class TestTokens:
    @pytest.mark.parametrize(
        ("n_kept", "n_tokens", "expected"),
        [
            (0, 0, {"count": 0, "truncated": False, "truncated_share": 0.0}),
            (4, 4, {"count": 4, "truncated": False, "truncated_share": 0.0}),
            (4, 16, {"count": 16, "truncated": True, "truncated_share": 0.75}),
        ],
    )
    def test_token_metadata(self, n_kept, n_tokens, expected):
        assert of_tokens(n_kept, n_tokens) == expected

    @pytest.mark.parametrize(
        ("ids", "count", "rate"), [((), 0, 0.0), ((2, 3), 0, 0.0), ((2, 1, 3, 1), 2, 0.5), ((1,), 1, 1.0)]
    )
    def test_oov_metadata(self, ids, count, rate):
        assert of_ids(*ids) == {"count": count, "rate": rate}


class TestPolarityDisagrees:
    @pytest.mark.parametrize(
        ("polarity", "label", "disagrees"),
        [
            (0.3, "positive", False),
            (-0.3, "positive", True),
            (0.3, "negative", True),
            (-0.3, "negative", False),
            (0.0, "positive", False),
            (0.0, "negative", False),
        ],
    )
    def test_with_a_label(self, polarity, label, disagrees):
        assert polarity_disagrees(polarity, LABELS.index(label)) is disagrees

    @pytest.mark.parametrize("polarity", [-0.3, 0.0, 0.3])
    def test_without_a_label(self, polarity):
        assert polarity_disagrees(polarity, None) is None
