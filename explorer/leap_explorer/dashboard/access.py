"""Who may ask the dashboard: by which names, from which pages, with which token; and what its answers forbid a browser.

A web page can have a name of its own lead to 127.0.0.1 (DNS rebinding) and would then read every text. So each request
must name a host that the dashboard was started for, and must not come from another page.
"""

import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

from dash import Dash
from flask import Response, redirect, request

LOOPBACK = "127.0.0.1"
LOCAL_NAMES = frozenset({LOOPBACK, "localhost", "::1"})

#: Pages of a notebook on this machine: Jupyter's, and Visual Studio Code's.
NOTEBOOKS = ("http://localhost:*", "http://127.0.0.1:*", "https://localhost:*", "vscode-webview:")

TOKEN = "token"  # its parameter in the address

#: What is the same for everybody, and holds nothing of a run: the page's own scripts and styles.
_PUBLIC = ("/_dash-component-suites/", "/assets/")


@dataclass(frozen=True)
class Access:
    """Who may ask."""

    host: str = LOOPBACK  #: what the server listens on
    names: frozenset[str] = LOCAL_NAMES  #: hosts that a request may name
    prefix: str = "/"  #: of each address, as a proxy passes it on
    token: str | None = None  #: what a browser must show once; None asks for none
    ancestors: tuple[str, ...] = ()  #: origins whose pages may show this one within

    @property
    def cookie(self) -> str:
        """The name of the cookie that keeps the token: another for each server, as cookies do not know ports."""
        return f"leap_explorer_{sha256((self.token or '').encode()).hexdigest()[:8]}"

    def knows(self, host: str) -> bool:
        """Whether a `Host` header, or an origin's host and port, is one that the dashboard was started for."""
        name = hostname(host)
        return name in self.names or (not is_loopback(self.host) and _is_address(name))  # nobody rebinds an address

    def address(self, port: int) -> str:
        """Where a browser finds the page, with the token."""
        name = LOOPBACK if self.host in ("0.0.0.0", "::") else self.host
        shown = f"[{name}]" if ":" in name else name
        query = f"?{urlencode({TOKEN: self.token})}" if self.token else ""
        return f"http://{shown}:{port}{self.prefix}{query}"


def access_for(host: str = LOOPBACK, allowed: Iterable[str] = (), prefix: str = "/") -> Access:
    """The access to a server that listens on a host: one that other machines reach asks for a token made just now.

    Args:
        allowed: further names that lead to it, such as a proxy's.
        prefix: of its addresses behind a proxy, with or without slashes.
    """
    token = None if is_loopback(host) else secrets.token_urlsafe(24)
    path = prefix.strip("/")
    names = LOCAL_NAMES | {host.lower()} | {name.lower() for name in allowed}
    return Access(host, names, f"/{path}/" if path else "/", token)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    return host.lower() == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def hostname(host: str) -> str:
    """`example.org` of `Example.org:8050`, `::1` of `[::1]:8050`; empty of what is no host."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def protect(app: Dash, access: Access) -> None:
    """Have an app answer only those who may ask, and forbid browsers all that its page does not need."""
    policy = _policy(app, access)
    app.server.before_request(partial(_refusal, access))
    app.server.after_request(partial(_with_headers, policy))


def without_prefix(app: Callable[..., Any], prefix: str) -> Callable[..., Any]:
    """A WSGI app whose addresses may begin with a prefix, as some proxies leave it there and others take it off."""

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ.get("PATH_INFO", "")
        if path.startswith(prefix):
            environ = {**environ, "PATH_INFO": "/" + path.removeprefix(prefix)}
        return app(environ, start_response)

    return answer


def _refusal(access: Access) -> Any:
    """What is answered instead of the page; None lets the request pass."""
    if not access.knows(request.host):
        return _forbidden(f"This dashboard was not started for the host {hostname(request.host)!r}: see --allow-host.")
    origin = request.headers.get("Origin")
    if origin is not None and not _is_own(access, origin):
        return _forbidden("Another page may not ask this dashboard: see --allow-host.")
    return _token_refusal(access) if access.token else None


def _is_own(access: Access, origin: str) -> bool:
    """Whether the page that asks is the dashboard's own: a proxy's name counts if it was given."""
    try:
        place = urlsplit(origin).netloc
    except ValueError:
        return False
    return place == request.host or (hostname(place) not in LOCAL_NAMES and access.knows(place))


def _token_refusal(access: Access) -> Any:
    """Ask for the token; one that comes in the address moves into a cookie, so that it stands in no address shown."""
    assert access.token
    if _is_same(request.args.get(TOKEN), access.token):
        others = [(key, value) for key, value in request.args.items(multi=True) if key != TOKEN]
        path = access.prefix + request.path.lstrip("/")
        answer = redirect(f"{path}?{urlencode(others)}" if others else path)
        answer.set_cookie(access.cookie, access.token, httponly=True, samesite="Lax", path=access.prefix)
        return answer
    if _is_same(request.cookies.get(access.cookie), access.token):
        return None
    return _forbidden("Open the address that the command printed: it ends with a token.")


def _is_same(given: str | None, token: str) -> bool:
    return given is not None and hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def _forbidden(why: str) -> Response:
    return Response(why + "\n", status=403, mimetype="text/plain")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _policy(app: Dash, access: Access) -> str:
    """The page's content security policy.

    Styles stand in the page itself, since Plotly and the tables write them there; scripts do not, but for the one
    line that starts Dash. Plotly compiles what draws dots by WebGL in the page (`unsafe-eval`); without that it
    shows no map, and the console says nothing.
    """
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", "'unsafe-eval'", *app.csp_hashes()]),
        "style-src": "'self' 'unsafe-inline'",
        "media-src": "data:",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": " ".join(["'self'", *access.ancestors]),
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _with_headers(policy: str, answer: Response) -> Response:
    answer.headers["Content-Security-Policy"] = policy
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    if not request.path.startswith(_PUBLIC):
        answer.headers["Cache-Control"] = "no-store"
    return answer
