"""Small pictures of samples, where their integration shows pictures, and the address at which they are."""

from urllib.parse import urlencode

from dash import Dash, get_relative_path, html
from dash.development.base_component import Component
from flask import Response, request

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.errors import ExplorerError

_PATH = "/_picture"


def shows_pictures(context: Context, data: RunData) -> bool:
    return context.drawer is not None and context.drawer.shows_pictures(data.run)


def address(data: RunData, row: int) -> str:
    """Where the small picture of a row's sample is."""
    return get_relative_path(_PATH) + "?" + urlencode({"run": data.name, "sample": data.keys[row]})


def thumbnail(context: Context, data: RunData, row: int) -> list[Component]:
    """The small picture of a row's sample; nothing where there is none of any."""
    if not shows_pictures(context, data):
        return []
    return [html.Img(src=address(data, row), className="thumbnail", alt="")]


def register_thumbnails(app: Dash, context: Context) -> None:
    """Answer requests for the pictures."""
    app.server.add_url_rule(_PATH, "picture", lambda: _answer(context))


def _answer(context: Context) -> Response:
    data = context.data.get(request.args.get("run", ""))
    row = None if data is None else data.rows.get(request.args.get("sample", ""))
    if data is None or row is None or not shows_pictures(context, data):
        return Response("There is no such picture.\n", status=404, mimetype="text/plain")
    assert context.drawer is not None
    sample = data.frame.iloc[row]
    try:
        picture = context.drawer.thumbnail(data.run, str(sample["subset"]), str(sample["id"]))
    except ExplorerError as error:
        return Response(f"{error}\n", status=404, mimetype="text/plain")
    return Response(b"" if picture is None else picture.png, status=200 if picture else 404, mimetype="image/png")
