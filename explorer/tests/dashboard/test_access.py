"""Who may ask the dashboard, tried on the server that the command starts."""

import http.client
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from browser import MadeReader, made_run
from leap_explorer.dashboard.access import Access, access_for, hostname, is_loopback
from serving import serving
from toys import environment

PREFIX = "/user/x/proxy/8050/"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return made_run(tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def address(run, tmp_path_factory):
    with serving([run], MadeReader(), tmp_path_factory.mktemp("state")) as address:
        yield address


def ask(address, path="/", method="GET", body=None, **headers):
    """Status, headers and text of an answer; redirections are not followed."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, answer.headers, text


class TestNames:
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost:9000", "[::1]:8050"])
    def test_own(self, address, host):
        assert ask(address, Host=host)[0] == 200

    @pytest.mark.parametrize(
        "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8050", "10.0.0.1", "[", ""]
    )
    @pytest.mark.parametrize("path", ["/", "/_dash-layout", "/assets/style.css"])
    def test_foreign(self, address, host, path):
        status, _, text = ask(address, path, Host=host)
        assert status in (400, 403)
        assert "Review number" not in text

    def test_allowed(self, run, tmp_path):
        with serving([run], None, tmp_path, access_for(allowed=["Hub.example"])) as address:
            assert ask(address, Host="hub.example")[0] == 200
            assert ask(address, Host="evil.example")[0] == 403

    def test_origin(self, address):
        own = address.rstrip("/")
        assert ask(address, Origin=own)[0] == 200
        port = urlsplit(address).port
        for origin in (
            "http://evil.example",
            "null",
            f"http://127.0.0.1:{port + 1}",
            "http://[",
            f"{own}.evil.example",
        ):
            assert ask(address, Origin=origin)[0] == 403

    def test_origin_behind_a_proxy_that_names_the_host_anew(self, run, tmp_path):
        with serving([run], None, tmp_path, access_for(allowed=["hub.example"])) as address:
            assert ask(address, Origin="https://hub.example")[0] == 200
            assert ask(address, Origin="https://evil.example")[0] == 403

    @pytest.mark.parametrize(
        ("host", "name"), [("a:80", "a"), ("[::1]:80", "::1"), ("A", "a"), ("[", ""), ("", ""), ("a@b", "b")]
    )
    def test_hostname(self, host, name):
        assert hostname(host) == name

    @pytest.mark.parametrize(
        ("host", "expected"),
        [("127.0.0.1", True), ("127.9.9.9", True), ("localhost", True), ("::1", True), ("0.0.0.0", False)],
    )
    def test_loopback(self, host, expected):
        assert is_loopback(host) == expected
        assert (access_for(host).token is None) == expected


class TestToken:
    @pytest.fixture
    def address(self, run, tmp_path):
        """Of a server that listens to all."""
        with serving([run], MadeReader(), tmp_path, access_for("0.0.0.0")) as address:
            yield address

    @pytest.mark.parametrize("path", ["/", "/_dash-layout", "/_dash-dependencies", "/?token=", "/?token=%ff", "/x"])
    def test_without(self, address, path):
        status, _, text = ask(address, path, Cookie="leap_explorer_00000000=x")
        assert (status, text) == (403, "Open the address that the command printed: it ends with a token.\n")

    def test_with(self, address):
        query = urlsplit(address).query
        status, headers, _ = ask(address, f"/?view=data&{query}&q=a")
        assert (status, headers["Location"]) == (302, "/?view=data&q=a")
        kept = headers["Set-Cookie"]
        assert "HttpOnly" in kept
        assert "SameSite=Lax" in kept
        assert ask(address, "/", Cookie=kept.split(";")[0])[0] == 200

    def test_another_each_time(self):
        tokens = {access_for("0.0.0.0").token for _ in range(20)}
        assert len(tokens) == 20
        assert all(len(token) >= 32 for token in tokens)

    def test_addresses_need_no_name(self, address):
        """Of machines whose name the server cannot know; names that it does not know stay out, with a token too."""
        query = urlsplit(address).query
        assert ask(address, f"/?{query}", Host="10.1.2.3:8050")[0] == 302
        assert ask(address, f"/?{query}", Host="evil.example")[0] == 403


class TestHeaders:
    def test_page(self, address):
        _, headers, _ = ask(address)
        policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'self'"
        assert policy["connect-src"] == "'self'"
        assert "'unsafe-inline'" not in policy["script-src"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Server"] is None

    @pytest.mark.parametrize("path", ["/", "/_dash-layout", "/_dash-dependencies", "/gone"])
    def test_nothing_of_a_run_is_kept(self, address, path):
        assert ask(address, path)[1]["Cache-Control"] == "no-store"

    def test_own_style_is_kept(self, address):
        assert ask(address, "/assets/style.css")[1]["Cache-Control"] != "no-store"


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "{}", "7", '{"output": "x.y"}', '{"output": 7, "inputs": {}}', "[" * 20_000, "\x00"]
)
def test_a_bad_callback(address, body, capfd):
    status, _, text = ask(address, "/_dash-update-component", "POST", body, Content_Type="application/json")
    assert status in (400, 415)
    assert "Traceback" not in text + "".join(capfd.readouterr())


@contextmanager
def proxy(target, is_stripped):
    """A reverse proxy's address, below a prefix that it takes off or leaves."""
    place = urlsplit(target)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = "/" + self.path.removeprefix(PREFIX) if is_stripped else self.path
            connection = http.client.HTTPConnection(place.hostname, place.port)
            connection.request("GET", path, headers=dict(self.headers))
            answer = connection.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            for name in ("Content-Type", "Location", "Set-Cookie"):
                if answer.headers[name]:
                    self.send_header(name, answer.headers[name])
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("is_stripped", [True, False])
def test_behind_a_proxy_with_a_prefix(run, tmp_path, is_stripped):
    access = access_for(prefix="user/x/proxy/8050")
    with serving([run], None, tmp_path, access) as target, proxy(target, is_stripped) as front:
        _, _, page = ask(front, PREFIX)
        linked = re.findall(r'(?:src|href)="([^"]+\.(?:js|css)[^"]*)"', page)
        assert len(linked) > 5
        assert all(one.startswith(PREFIX) for one in linked)
        assert all(ask(front, one)[0] == 200 for one in [*linked, f"{PREFIX}_dash-layout"])


def test_token_behind_a_prefix(run, tmp_path):
    access = Access(prefix=PREFIX, token="secret")
    with serving([run], None, tmp_path, access) as target, proxy(target, True) as front:
        status, headers, _ = ask(front, f"{PREFIX}?token=secret")
        assert (status, headers["Location"]) == (302, PREFIX)
        assert f"Path={PREFIX}" in headers["Set-Cookie"]
        assert ask(front, PREFIX, Cookie=headers["Set-Cookie"].split(";")[0])[0] == 200
        assert ask(front, PREFIX)[0] == 403


NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
    scgi_temp_path {folder};
    server {{
        listen 127.0.0.1:{port};
        location {prefix} {{ proxy_pass http://127.0.0.1:{target}{kept}; proxy_set_header Host hub.example; }}
    }}
}}
"""


@contextmanager
def nginx(target, folder, is_stripped):
    """The address of a real proxy, which takes the prefix off or leaves it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {"port": port, "target": urlsplit(target).port, "kept": "/" if is_stripped else ""}
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, prefix=PREFIX, **places))
    process = subprocess.Popen(
        ["nginx", "-c", str(folder / "nginx.conf"), "-e", "stderr"], stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < deadline:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx")
@pytest.mark.parametrize("is_stripped", [True, False])
def test_behind_nginx(run, tmp_path, is_stripped):
    """A prefix, a token, the proxy's own name for the host, and the page's callbacks."""
    access = Access(names=access_for(allowed=["hub.example"]).names, prefix=PREFIX, token="secret")
    with serving([run], MadeReader(), tmp_path, access) as target, nginx(target, tmp_path, is_stripped) as front:
        assert ask(front, PREFIX)[0] == ask(front, f"{PREFIX}_dash-layout")[0] == 403
        status, headers, _ = ask(front, f"{PREFIX}?view=data&token=secret")
        assert (status, headers["Location"]) == (302, f"{PREFIX}?view=data")
        shown = {"Cookie": headers["Set-Cookie"].split(";")[0]}
        _, headers, page = ask(front, PREFIX, **shown)
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        linked = re.findall(r'(?:src|href)="([^"]+\.(?:js|css)[^"]*)"', page)
        assert all(ask(front, one, **shown)[0] == 200 for one in [*linked, f"{PREFIX}_dash-layout"])
        callback = f"{PREFIX}_dash-update-component"
        own = {"Origin": "https://hub.example", "Content_Type": "application/json", **shown}
        assert ask(front, callback, "POST", "{}", **own)[0] == 400
        assert ask(front, callback, "POST", "{}", **{**own, "Origin": "https://evil.example"})[0] == 403


@pytest.fixture
def other_machine():
    """Runs Python on a machine of its own, as the network sees it; this one is 10.99.0.1 there."""
    ip = shutil.which("ip")
    if sys.platform != "linux" or not ip:
        pytest.skip("needs network namespaces: Linux with iproute2")
    name = "leap-explorer-test"
    made = subprocess.run([ip, "netns", "add", name], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"network namespaces are not allowed here: {made.stderr.strip()}")

    def run_ip(command):
        subprocess.run([ip, *command.split()], check=True, capture_output=True)

    try:
        run_ip(f"link add lx0 type veth peer name lx1 netns {name}")
        run_ip("addr add 10.99.0.1/24 dev lx0")
        run_ip("link set lx0 up")
        run_ip(f"-n {name} addr add 10.99.0.2/24 dev lx1")
        run_ip(f"-n {name} link set lx1 up")
        yield lambda source: subprocess.run(
            [ip, "netns", "exec", name, sys.executable, "-c", source], capture_output=True, text=True, timeout=30
        )
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no pair of network devices here: {error.stderr.decode().strip()}")
    finally:
        subprocess.run([ip, "netns", "del", name], check=True)


@pytest.mark.parametrize(("host", "is_reached"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_from_another_machine(other_machine, run, tmp_path, host, is_reached):
    with serving([run], None, tmp_path, access_for(host)) as address:
        port = urlsplit(address).port
        source = f"import socket; socket.create_connection(('10.99.0.1', {port}), 5)"
        result = other_machine(source)
        assert (result.returncode == 0) == is_reached, result.stderr
        if not is_reached:
            assert "ConnectionRefusedError" in result.stderr
    with socket.socket() as free:
        free.bind((host, port))  # and the port is free again


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_command_itself_listens_to_this_machine_alone(run, tmp_path):
    """With no option: what it prints, every socket that its process listens on, and who may ask there."""
    command = [sys.executable, "-m", "leap_explorer", "explore", str(run.path), "--no-browser", "--port", "0"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        said = process.stdout.readline()
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)/ ", said)[1])
        own = {str(one.readlink()) for one in Path(f"/proc/{process.pid}/fd").iterdir()}
        lines = [line for kind in ("tcp", "tcp6") for line in Path(f"/proc/net/{kind}").read_text().splitlines()]
        sockets = [line.split() for line in lines]
        listening = [one[1] for one in sockets if one[3] == "0A" and f"socket:[{one[9]}]" in own]
        assert listening == [f"0100007F:{port:04X}"]
        assert ask(f"http://127.0.0.1:{port}")[0] == 200
        assert ask(f"http://127.0.0.1:{port}", Host="evil.example")[0] == 403
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_closed(run, tmp_path):
    with serving([run], None, tmp_path) as address:
        assert urllib.request.urlopen(address).status == 200
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address)
