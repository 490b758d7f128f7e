import html
import re
from html.parser import HTMLParser

import pytest

from leap_explorer.explain.alignment import Span, coloured_spans
from leap_explorer.explain.html import coloured_text, explanation_html
from leap_explorer.explain.reader import Explanation
from leap_explorer.explain.word_heat import LEVELS

HOSTILE = """<script>alert("1")</script> "quoted" 'single' <img src=x onerror=alert(2)> & &amp; </style></div> 🎬 end"""
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "div", "section", "span"),
    *("table", "tr", "th", "td", "svg", "rect"),
}


class Page(HTMLParser):
    """The elements of a page, its text, and the text of its review."""

    def __init__(self, content):
        super().__init__(convert_charrefs=True)
        self.elements, self.pieces, self.reviews, self._depth = [], [], [], 0
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if self._depth:
            self._depth += 1
        elif tag == "div" and ("class", "text") in attrs:
            self._depth = 1
            self.reviews.append("")

    def handle_endtag(self, tag):
        self._depth = max(0, self._depth - 1)

    def handle_data(self, data):
        self.pieces.append(data)
        if self._depth:
            self.reviews[-1] += data

    @property
    def text(self):
        return " ".join(" ".join(self.pieces).split())

    def spans(self, css_class):
        return [attributes for tag, attributes in self.elements if attributes.get("class") == css_class]


def explanation(text="", words=(), scores=(), **changes):
    values = {
        "probabilities": {"negative": 0.25, "positive": 0.75},
        "target": "positive",
        "spans": tuple(coloured_spans(text, words, scores)),
        "method": "occlusion",
        "settings": {"baseline": "[PAD]"},
        "faithfulness": None,
        "warning": None,
    }
    return Explanation(**values | changes)


def page_of(text, *explanations):
    names = ("dense", "bert")
    return Page(explanation_html(text, dict(zip(names, explanations, strict=False)), "Review 7", ["labelled positive"]))


class TestHostileText:
    def page(self, **changes):
        one = explanation(HOSTILE, ["quoted", "single", "end"], [1.0, -0.5, 0.1], **changes)
        return page_of(HOSTILE, one, one)

    def test_is_shown_as_it_was_written(self):
        assert self.page().reviews == [HOSTILE, HOSTILE]

    def test_makes_no_element_of_its_own(self):
        assert {tag for tag, _ in self.page().elements} <= ALLOWED

    def test_makes_no_attribute_of_its_own(self):
        allowed = {
            *("lang", "charset", "http-equiv", "content", "name", "class", "title", "role", "scope", "aria-hidden"),
            *("viewbox", "preserveaspectratio", "width", "height"),
        }
        assert {name for _, attributes in self.page().elements for name in attributes} <= allowed

    def test_in_a_warning_a_name_a_label_a_setting_or_a_title(self):
        one = explanation(
            HOSTILE,
            warning=HOSTILE,
            settings={HOSTILE: HOSTILE},
            method=HOSTILE,
            probabilities={HOSTILE: 0.5, "other": 0.5},
            target=HOSTILE,
        )
        page = Page(explanation_html(HOSTILE, {HOSTILE: one}, HOSTILE, [HOSTILE]))
        assert {tag for tag, _ in page.elements} <= ALLOWED
        assert page.text.count('alert("1")') >= 7

    def test_word_that_is_markup_in_the_list_of_words(self):
        text = "a <b>x</b>"
        one = explanation(text, spans=(Span(2, 5, 1.0, True),))
        assert "<b>" in page_of(text, one).text


class TestPolicy:
    def test_allows_the_style_sheet_alone(self):
        content = explanation_html("fine", {"m": explanation("fine", ["fine"], [1.0])}, "t")
        policy = re.search(r'Content-Security-Policy"\s+content="([^"]+)"', content).group(1)
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert policy.endswith("base-uri 'none'; form-action 'none'")
        assert "unsafe" not in policy

    def test_hash_is_that_of_the_style(self):
        import base64
        import hashlib

        content = explanation_html("fine", {}, "t")
        style = re.search(r"<style>(.*?)</style>", content, re.DOTALL).group(1)
        assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in content

    def test_nothing_is_fetched(self):
        content = explanation_html("fine", {"m": explanation("fine", ["fine"], [1.0])}, "t")
        assert not re.search(r"https?:|src=|href=|url\(|@import|<script|<link", content)


class TestText:
    def test_strongest_word_has_the_strongest_colour_and_its_score_as_title(self):
        page = page_of("Good but dull", explanation("Good but dull", ["good", "but", "dull"], [2.0, 0.0, -1.0]))
        assert {"class": f"a{LEVELS}", "title": "+2.0000"} in page.spans(f"a{LEVELS}")
        assert {"class": f"b{LEVELS // 2}", "title": "-1.0000"} in page.spans(f"b{LEVELS // 2}")

    @pytest.mark.parametrize("target", ["negative", "positive"])
    def test_colours_do_not_depend_on_the_label_that_is_explained(self, target):
        score = 1.0 if target == "positive" else -1.0
        page = page_of("Good", explanation("Good", ["good"], [score], target=target))
        assert {"class": f"a{LEVELS}", "title": "+1.0000"} in page.spans(f"a{LEVELS}")
        assert "Orange: for positive Blue: for negative" in page.text

    def test_unread_words_are_marked(self):
        spans = (Span(0, 4, 1.0, True), Span(5, 8, None, False))
        shown = coloured_text("Good bye", spans)
        assert shown == (
            f'<span class="a{LEVELS}" title="+1.0000">Good</span> '
            '<span class="unread" title="not read by the model">bye</span>'
        )

    def test_line_breaks_of_html_are_line_ends(self):
        text = "one<br /><br>two\nthree"
        assert page_of(text, explanation(text, ["one", "two", "three"], [1, 2, 3])).reviews == ["one\n\ntwo\nthree"]

    def test_emoji_between_words(self):
        text = "good 🎬👩‍💻 film"
        assert page_of(text, explanation(text, ["good", "film"], [1, 2])).reviews == [text]

    def test_empty_text(self):
        page = page_of("", explanation())
        assert page.reviews == []
        assert "The text is empty." in page.text
        assert page.text.count("no word") == 2

    def test_ten_thousand_words(self):
        words = [f"word{number}" for number in range(10_000)]
        text = " ".join(words)
        page = page_of(text, explanation(text, words, [number - 5000.0 for number in range(10_000)]))
        assert page.reviews == [text]
        assert sum(tag == "span" for tag, _ in page.elements) >= 10_000
        assert len(page.spans(f"b{LEVELS}")) > 100


class TestPanel:
    def test_warning_stands_instead_of_a_map(self):
        text = "Good film"
        page = page_of(text, explanation(text, ["good", "film"], [1.0, -1.0], warning="Not to be relied on."))
        assert "Not to be relied on." in page.text
        assert page.reviews == [text]
        assert not [tag for tag, _ in page.elements if tag == "span"]
        assert "+1" not in page.text

    def test_probabilities_method_and_settings(self):
        text = page_of("Good", explanation("Good", ["good"], [1.0])).text
        assert "75.0%" in text
        assert "Method: occlusion (baseline [PAD])." in text
        assert "was not measured" in text

    def test_repeated_words_are_one_row(self):
        text = page_of("Good GOOD bad", explanation("Good GOOD bad", ["good", "good", "bad"], [1.0, 0.5, -2.0])).text
        assert "good \N{MULTIPLICATION SIGN}2 +1.50" in text
        assert "bad -2.00" in text

    def test_measured_figures_are_shown_beside_random(self):
        def of(comprehensiveness, sufficiency):
            figures = (("comprehensiveness", comprehensiveness), ("sufficiency", sufficiency))
            return {kind: {"mean": mean, "low": mean - 0.1, "high": mean + 0.1} for kind, mean in figures}

        methods = {"occlusion": of(0.5, 0.15), "random": of(0.05, 0.33)}
        value = "probability of the predicted class"
        measured = {"shares": [0.1], "samples": 17, "value": value, "methods": methods}
        text = page_of("Good", explanation("Good", ["good"], [1.0], faithfulness=measured)).text
        assert "Comprehensiveness 0.50 (95 % interval 0.40 to 0.60; a random ranking: 0.05" in text
        assert "Sufficiency 0.15 (0.05 to 0.25; random: 0.33" in text
        assert "over 17 samples" in text


def test_title_is_escaped_once():
    content = explanation_html("", {}, "R & D <1>")
    assert f"<title>{html.escape('R & D <1>')}</title>" in content
