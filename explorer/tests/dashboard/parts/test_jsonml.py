"""Components as data, of which the page makes the elements."""

import json

from dash import dcc, html

from leap_explorer.dashboard.parts.jsonml import drawn, to_jsonml


def parts(component):
    return json.loads(getattr(component, "data-drawn"))


class TestToJsonml:
    def test_elements_their_attributes_and_text(self):
        cell = html.Td(["a < b ", html.Strong(3), None], className="number", colSpan=2, title="<script>")
        assert to_jsonml(cell) == [
            "td",
            {"class": "number", "colspan": "2", "title": "<script>"},
            "a < b ",
            ["strong", {}, "3"],
        ]

    def test_attributes_with_names_of_their_own(self):
        attributes = {"data-change": "{}", "aria-label": "More"}
        link = html.A("x", href="?view=data", tabIndex="0", hidden=True, role=None, draggable="true", **attributes)
        assert to_jsonml(link)[1] == {
            "href": "?view=data",
            "tabindex": "0",
            "hidden": "",
            "draggable": "true",
            "data-change": "{}",
            "aria-label": "More",
        }
        assert to_jsonml(html.Label("x", htmlFor="box", hidden=False))[1] == {"for": "box"}

    def test_styles(self):
        style = {"backgroundColor": "#FFFFFF", "--share": "0.5", "height": 4, "margin": 0, "width": "20%"}
        assert to_jsonml(html.Div(style=style)) == [
            "div",
            {"style": "background-color:#FFFFFF;--share:0.5;height:4px;margin:0;width:20%"},
        ]

    def test_what_a_callback_may_reach_has_none(self):
        assert to_jsonml(html.Div(html.P("x", id="p"))) is None
        assert to_jsonml(html.Div([dcc.Graph()])) is None


class TestDrawn:
    def test_a_table_becomes_one_component(self):
        table = html.Table([html.Tbody([html.Tr([html.Td("a"), html.Td("b")])])], className="table")
        found = drawn(table)
        assert found.to_plotly_json()["type"] == "Table"
        assert found.className == "table"
        assert not hasattr(found, "children")
        assert parts(found) == [["tbody", {}, ["tr", {}, ["td", {}, "a"], ["td", {}, "b"]]]]

    def test_the_given_components_stay_as_they_are(self):
        content = html.Div([html.P("x")])
        drawn(content)
        assert content.children[0].children == "x"

    def test_what_has_an_id_stays_a_component_and_what_is_in_it_is_drawn(self):
        content = html.Section([html.P([html.B("before")]), html.Div([html.P([html.B("in")])], id="box")])
        found = drawn(content)
        before, box = found.children
        assert parts(before) == [["b", {}, "before"]]
        assert box.id == "box"
        assert parts(box.children[0]) == [["b", {}, "in"]]

    def test_what_is_no_html_stays_a_component(self):
        found = drawn(html.Div([dcc.Loading(html.Div([html.P("x")]))]))
        assert isinstance(found.children[0], dcc.Loading)
        assert parts(found.children[0].children) == [["p", {}, "x"]]

    def test_texts_lists_and_nothing(self):
        assert drawn(None) is None
        assert drawn(["text", None]) == ["text", None]
        assert drawn(html.P("text")).children == "text"
        assert not hasattr(drawn(html.P()), "data-drawn")

    def test_text_with_markup_is_text(self):
        assert parts(drawn(html.Div(["<img src=x onerror=alert(1)>"]))) == ["<img src=x onerror=alert(1)>"]
