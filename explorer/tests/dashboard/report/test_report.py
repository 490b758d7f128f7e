"""The report as a file: what is escaped, what stands where nothing can be read, and how the file is written."""

import json
import re
from html import unescape

import numpy as np
import pytest
from dash import dcc, html

from hostile_runs import HOSTILE, made_run, spans_of
from leap_explorer.commands.runs import export_command
from leap_explorer.dashboard.context import make_context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.report.document import document, style_sheet
from leap_explorer.dashboard.report.export import write_report
from leap_explorer.dashboard.report.notable_samples import (
    DISAGREEMENT,
    ERROR,
    LABEL,
    disagreements,
    notable_samples,
    read_sample,
    worst_errors,
)
from leap_explorer.dashboard.report.samples import NO_READER, sample_cards
from leap_explorer.dashboard.report.static_html import difference, to_html, to_json
from leap_explorer.dashboard.views.insights.status import APPROVED, ARCHIVED, insights_of, set_status
from leap_explorer.dashboard.views.insights.status import FILE as STATUS_FILE
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import Explanation


class Reader:
    """Each text is hostile, and every word of it speaks for the target."""

    def text(self, sample_id):
        return f"{HOSTILE} of {sample_id}"

    def explain(self, run, text, target):
        probabilities = {"no": 0.2, "yes": 0.8}
        return Explanation(probabilities, target, spans_of(text), "occlusion", {"inferences": 3}, None, None)

    def label_csv(self, decisions):
        return ""


class BrokenReader(Reader):
    def explain(self, run, text, target):
        raise ExplorerError(f"The file of {run} is missing.")


class TextlessReader(Reader):
    def text(self, sample_id):
        return None


@pytest.fixture
def runs(tmp_path):
    return [made_run(tmp_path / name, seed) for seed, name in enumerate(("first", "second"))]


def _nothing(*_args):
    """No progress to show."""


def _same(component):
    return to_html(component, component)


class TestStaticHtml:
    def test_text_and_attributes_are_escaped(self):
        shown = _same(html.P([HOSTILE, html.B("&")], title='"><script>', className="a b"))
        assert "<script" not in shown
        assert shown.startswith('<p class="a b" title="&quot;&gt;&lt;script&gt;">')
        assert shown.endswith("<b>&amp;</b></p>")

    def test_a_links_text_stays_without_the_link(self):
        assert _same(ui.link("Show", view="population", sample="x")) == '<span class="link">Show</span>'
        assert _same(html.A("x", href="https://example.org")) == "<span>x</span>"
        assert _same(html.A("Scores", href="#scores")) == '<a href="#scores">Scores</a>'

    def test_inputs_and_stores_are_left_out(self):
        box = html.Div([dcc.Input(value="x"), dcc.Store(id="store", data=1), dcc.Dropdown(["a"]), "words", None, 3])
        assert _same(box) == "<div>words3</div>"

    def test_ids_are_those_of_sections_alone(self):
        assert _same(html.Section(html.Div(id="twice"), id="scores")) == '<section id="scores"><div></div></section>'

    def test_attributes_that_say_no_are_left_out(self):
        assert _same(html.Div(hidden=True, tabIndex="0")) == '<div hidden tabindex="0"></div>'
        assert _same(html.Div(hidden=False, title="")) == "<div></div>"
        assert _same(html.Br()) == "<br>"

    def test_a_background_has_a_colour_for_light_and_for_dark(self):
        light, dark = (html.I(style={"backgroundColor": color, "--share": "0.5"}) for color in ("#FFF", "#000"))
        assert to_html(light, dark) == '<i style="--light:#FFF;--dark:#000;--share:0.5"></i>'
        assert to_html(light, light) == '<i style="background-color:#FFF;--share:0.5"></i>'

    def test_figures_stand_as_json_and_dark_holds_what_differs(self):
        figures = [
            {"data": [{"x": np.arange(3), "name": f"{HOSTILE}<A href='http://x'>"}], "layout": {"font": {"color": c}}}
            for c in ("black", "white")
        ]
        shown = to_html(*(dcc.Graph(figure=figure, className="plot") for figure in figures))
        content = re.fullmatch(
            r'<div class="graph plot"><script type="application/json">([^<]*)</script></div>', shown
        )[1]
        found = json.loads(content)
        assert found["figure"]["data"][0]["x"] == [0, 1, 2]
        assert found["dark"] == {"layout": {"font": {"color": "white"}}}
        assert "<a" not in found["figure"]["data"][0]["name"].lower()

    def test_difference_of_lists_is_by_index(self):
        assert difference({"a": [1, 2], "b": 0}, {"a": [1, 3], "b": 0}) == {"a": {1: 3}}
        assert difference([1], [1, 2]) == [1, 2]

    def test_json_cannot_end_its_script(self):
        assert json.loads(to_json({"x": "</script><!--"})) == {"x": "</script><!--"}
        assert "<" not in to_json("</script><!--")


def test_the_document_lets_nothing_in_but_its_own_scripts():
    page = document(HOSTILE, "<p>body</p>")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2]
    assert "http" not in policy
    assert "<title>&quot;" in page
    assert re.search(r"<(link|iframe|img|script src)", page.partition("<script>")[0]) is None


def test_the_style_sheet_follows_the_readers_system():
    style = style_sheet()
    assert "data-theme" not in style
    assert "@media (prefers-color-scheme: dark) { :root {" in style
    assert "</" not in style


class TestTellingSamples:
    def test_errors_are_held_out_ones_the_highest_loss_first(self, runs):
        data = make_context(runs, None, runs[0].path).data["first"]
        rows = [data.rows[one.key] for one in worst_errors(data)]
        losses = data.numbers("loss")[rows]
        assert len(rows) == 14
        assert set(data.frame["subset"].iloc[rows]) == {"validation"}
        assert losses.tolist() == sorted(losses, reverse=True)

    def test_disagreements_are_by_distance(self, runs):
        first, second = make_context(runs, None, runs[0].path).data.values()
        keys = [one.key for one in disagreements([first, second])]
        gaps = [
            abs(first.numbers("probability_yes")[first.rows[key]] - second.numbers("probability_yes")[second.rows[key]])
            for key in keys
        ]
        assert gaps == sorted(gaps, reverse=True)
        assert list(disagreements([first])) == []

    def test_each_sample_stands_once_and_each_kind_is_there(self, runs):
        found = notable_samples(make_context(runs, None, runs[0].path))
        keys = [one.key for one in found]
        assert len(keys) == len(set(keys)) <= 16
        assert list(dict.fromkeys(one.kind for one in found)) == [ERROR, DISAGREEMENT, LABEL]


class TestSampleCards:
    def _cards(self, runs, reader):
        context = make_context(runs, reader, runs[0].path)
        readings = [read_sample(context, one) for one in notable_samples(context)[:2]]
        return to_html(*(sample_cards(context, readings, is_dark) for is_dark in (False, True)))

    def test_words_are_coloured_and_inert(self, runs):
        shown = self._cards(runs, Reader())
        assert "--light:" in shown
        assert "occlusion" in shown
        assert "not measured for this model" in shown
        assert "<script" not in shown
        assert "onerror" in shown  # as a word

    def test_without_a_reader_ids_and_a_sentence(self, runs):
        shown = self._cards(runs, None)
        assert NO_READER.replace("'", "&#x27;") in shown
        assert re.search(r"s\d\d\d", shown)
        assert "sample-text" not in shown

    def test_where_a_model_cannot_be_asked_the_plain_text_and_the_reason(self, runs):
        shown = self._cards(runs, BrokenReader())
        assert "The file of first is missing." in shown
        assert shown.count('class="sample-text"') == 2  # one for each sample, not for each model

    def test_where_the_data_lack_the_text_a_sentence(self, runs):
        assert "hold no text of this sample" in self._cards(runs, TextlessReader())


class TestWriting:
    def test_the_whole_report(self, runs, tmp_path):
        target = tmp_path / "report.html"
        target.write_text("earlier", encoding="utf-8")
        size = write_report(runs, Reader(), tmp_path, target, _nothing)
        page = target.read_text(encoding="utf-8")
        assert size == target.stat().st_size < 12e6
        assert not list(tmp_path.glob(".report*"))
        body = page.partition("<body")[2].partition("<script>")[0]
        for key in ("runs", "scores", "map", "metadata", "insights", "samples"):
            assert f'<section id="{key}">' in body
            assert f'href="#{key}"' in body
        assert "56 of 80 samples" in body
        scripts = re.findall(r"<script[^>]*>", body)
        assert set(scripts) == {'<script type="application/json">'}
        assert "<img" not in body

    def test_archived_insights_are_left_out_and_the_others_say_their_status(self, runs, tmp_path):
        for data, status in zip(make_context(runs, None, tmp_path).data.values(), (ARCHIVED, APPROVED), strict=True):
            insight, *labels = insights_of(data)  # the one of the run, and those of labels that both models doubt
            for one in (insight, *labels):
                set_status(tmp_path / "review", data.run, one.id, status)
        write_report(runs, None, tmp_path / "review", tmp_path / "report.html", _nothing)
        text = re.sub(r"<[^>]+>", "|", (tmp_path / "report.html").read_text(encoding="utf-8"))
        first, second = re.split(r"What was found about \w+", text)[1:]
        count = 1 + len(labels)
        assert f"0 of {count} insights, the others are archived" in first
        assert insight.title not in unescape(first)
        assert f"|{count} of {count} insights|" in second
        assert "|approved|" in second
        assert insight.title in unescape(second)

    def test_a_broken_file_of_statuses_is_told_before_a_model_is_asked(self, runs, tmp_path):
        class Unasked(Reader):
            def explain(self, run, text, target):
                pytest.fail("a model was asked")

        (tmp_path / STATUS_FILE).write_text("{", encoding="utf-8")
        with pytest.raises(ExplorerError, match=STATUS_FILE):
            write_report(runs, Unasked(), tmp_path, tmp_path / "report.html", _nothing)
        assert not (tmp_path / "report.html").exists()

    def test_one_run_without_reader_labels_or_clusters(self, tmp_path):
        run = made_run(tmp_path / "only", 0)
        run.samples["ground_truth"] = None
        vars(run)["clusters"] = []
        assert write_report([run], None, tmp_path, tmp_path / "report.html", _nothing)

    def test_what_no_file_could_hold_becomes_a_question_mark(self, runs, tmp_path):
        class HalfReader(Reader):
            def text(self, sample_id):
                return "half a sign: \ud800"

        target = tmp_path / "report.html"
        write_report(runs, HalfReader(), tmp_path, target, lambda what, done, total: None)
        assert "half a sign: ?" in re.sub(r"<[^>]+>", "", target.read_text(encoding="utf-8"))

    def test_a_missing_folder_is_said_at_once(self, runs, tmp_path):
        with pytest.raises(ExplorerError, match="There is no folder"):
            write_report(runs, Reader(), tmp_path, tmp_path / "missing" / "report.html", _nothing)

    def test_a_folder_is_no_target(self, runs, tmp_path):
        with pytest.raises(ExplorerError, match="is a folder"):
            write_report(runs, Reader(), tmp_path, tmp_path, _nothing)

    def test_a_failure_leaves_the_earlier_report(self, runs, tmp_path):
        class Failing(Reader):
            def explain(self, run, text, target):
                raise RuntimeError

        target = tmp_path / "report.html"
        target.write_text("earlier", encoding="utf-8")
        with pytest.raises(RuntimeError):
            write_report(runs, Failing(), tmp_path, target, _nothing)
        assert target.read_text(encoding="utf-8") == "earlier"

    def test_the_command_says_where_and_how_large(self, runs, tmp_path, capsys):
        export_command(runs, None, tmp_path, tmp_path / "report.html")
        assert re.search(r"Wrote \S*report\.html \(\d\.\d MB\)", capsys.readouterr().out)
