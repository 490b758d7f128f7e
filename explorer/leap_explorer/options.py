"""Options that every command which opens the dashboard has."""

from pathlib import Path
from typing import Annotated

import typer

PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Of the host; 0 takes any free one.")]
BrowserOption = Annotated[bool, typer.Option(help="Open the page in the browser.")]
ExportOption = Annotated[
    Path | None,
    typer.Option("--export", metavar="FILE", help="Write a report to this HTML file, and open nothing."),
]
HostOption = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS", help="Where to listen. Any but 127.0.0.1 lets other machines in, which then need a token."
    ),
]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option("--allow-host", metavar="NAME", help="A further name of this host, as a proxy's; may be repeated."),
]
PrefixOption = Annotated[
    str, typer.Option(metavar="PATH", help="What a proxy puts before the page's path, such as /user/x/proxy/8050/.")
]
