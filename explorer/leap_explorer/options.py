"""Options that every command which opens the dashboard has."""

from pathlib import Path
from typing import Annotated

import typer

PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Of 127.0.0.1; 0 takes any free one.")]
BrowserOption = Annotated[bool, typer.Option(help="Open the page in the browser.")]
ExportOption = Annotated[
    Path | None,
    typer.Option("--export", metavar="FILE", help="Write a report to this HTML file, and open nothing."),
]
