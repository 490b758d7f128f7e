"""Fifty pages at once, then ten thousand requests: `python explorer/benchmarks/bench_requests.py RUN`.

Prints the errors, the median and the slowest answer, and the server's memory before and after each thousand requests.
"""

import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

VIEWS = ("overview", "population", "data", "insights", "labels", "sample")
PAGES = 50


def asked(place, path, body=None):
    """Status and seconds of one request."""
    started = time.monotonic()
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=300)
    headers = {"Content-Type": "application/json"} if body else {}
    connection.request("POST" if body else "GET", path, body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, time.monotonic() - started


def shown(place, view):
    """What a page asks for at its start: itself, its layout, its dependencies, and its view."""
    body = json.dumps(view_callback(view))
    paths = ("/", "/_dash-layout", "/_dash-dependencies")
    return [asked(place, f"{path}?view={view}") for path in paths] + [asked(place, "/_dash-update-component", body)]


def view_callback(view):
    """The callback that draws a view."""
    return {
        "output": "view.children",
        "outputs": {"id": "view", "property": "children"},
        "inputs": [{"id": "route", "property": "data", "value": {"view": view}}],
        "state": [{"id": "state", "property": "data", "value": {"view": view}}],
        "changedPropIds": ["route.data"],
    }


def megabytes(process):
    """The resident memory of a process."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def told(name, results, process):
    statuses, seconds = zip(*results, strict=True)
    wrong = sum(status != 200 for status in statuses)
    print(
        f"{name}: {len(results):,} requests, {wrong} errors, median {1000 * statistics.median(seconds):.0f} ms, "
        f"slowest {max(seconds):.1f} s, server {megabytes(process):.0f} MB",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--requests", type=int, default=10_000)
    options = parser.parse_args()
    command = [sys.executable, "-m", "leap_explorer", "explore", str(options.run), "--no-browser", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    try:
        place = urlsplit(re.search(r"http://\S+", process.stdout.readline())[0])
        with ThreadPoolExecutor(PAGES) as pool:
            pages = list(pool.map(lambda number: shown(place, VIEWS[number % len(VIEWS)]), range(PAGES)))
        told(f"{PAGES} pages at once", [one for page in pages for one in page], process)
        with ThreadPoolExecutor(8) as pool:
            for _ in range(options.requests // 1000):
                paths = [f"/_dash-layout?view={VIEWS[number % len(VIEWS)]}" for number in range(1000)]
                told("thousand", list(pool.map(lambda path: asked(place, path), paths)), process)
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
