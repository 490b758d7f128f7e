"""The HTML document of a report: style, scripts and figures within, and a policy that lets nothing in or out."""

import base64
import hashlib
import re
from html import escape
from importlib.resources import files

from plotly.offline import get_plotlyjs

_ASSETS = files("leap_explorer.dashboard") / "assets"
_OWN = files(__package__)
_DARK = re.compile(r':root\[data-theme="dark"\] (\{.*?\})', re.DOTALL)

#: The plots' WebGL makes functions of text; of no text that is not the scripts' own.
_STATIC = "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"


def document(title: str, body: str) -> str:
    """A whole page.

    Args:
        title: text, to be escaped.
        body: HTML, in which all text is escaped already.
    """
    scripts = [get_plotlyjs(), (_OWN / "report.js").read_text(encoding="utf-8")]
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    tags = "\n".join(f"<script>{script}</script>" for script in scripts)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_STATIC}; script-src 'unsafe-eval' {allowed}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
{style_sheet()}</style>
</head>
<body class="report">
{body}
{tags}
</body>
</html>
"""


def style_sheet() -> str:
    """The dashboard's own styles, dark where the reader's system is, and those of the report."""
    names = ("style.css", "sample.css", "insights.css", "data.css", "drawings.css")
    shared = "\n".join((_ASSETS / name).read_text(encoding="utf-8") for name in names)
    shared = _DARK.sub(r"@media (prefers-color-scheme: dark) { :root \1 }", shared)
    return f"{shared}\n{(_OWN / 'report.css').read_text(encoding='utf-8')}"


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
