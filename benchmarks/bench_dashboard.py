"""Times the dashboard on the shipped runs, in headless Chromium: poetry run python benchmarks/bench_dashboard.py

`--run FOLDER` does so on another run, such as one of a million rows, of which no texts are known.

Milliseconds from what a user does until the page changes no more: every request answered, map drawn, table filled. Each
figure is the median of several times, each with another column, filter or sample, so that nothing is taken from a
cache; the first ones, which happen once, are said to be so. Aim: under one second for whatever links map and table.

Then milliseconds per frame while the mouse moves or zooms the map, and how many of them are the page's
own work: headless Chromium draws WebGL on the CPU (SwiftShader), which a graphics card does in next to no time.

Needs chromium and chromedriver. The page and its server share the computer's cores, as they do for a user.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.by import By

VIEWS = ("sample", "population", "overview", "data", "insights", "labels")
MAP = "#population-map"
PREPARED = 60  # seconds after which models and rankings are loaded, even on a busy computer

#: Notes when something last changed: a request answered, an element changed, a plot drawn.
WATCH = """
const bench = window.bench = { open: 0, last: performance.now() };
const touch = () => {
    bench.last = performance.now();
    if (!bench.scores && document.querySelector("#overview-scores tbody tr")) bench.scores = bench.last;
};
const fetched = window.fetch;
window.fetch = (...asked) => {
    bench.open += 1;
    return fetched(...asked).finally(() => { bench.open -= 1; touch(); });
};
document.addEventListener("map-drawn", touch);
new MutationObserver(touch).observe(document, { subtree: true, childList: true, attributes: true });
new PerformanceObserver(touch).observe({ type: "resource" });
"""
#: Does something, and gives back the milliseconds until the last change before a rest of half a second and 20 frames.
MEASURE = """
const done = arguments[arguments.length - 1], started = performance.now(), bench = window.bench;
bench.last = started;
window.explorer.apply(arguments[0]);
let seen = started, frames = 0;
const look = () => {
    frames = bench.last === seen && bench.open === 0 && document.querySelector("#view > *") ? frames + 1 : 0;
    seen = bench.last;
    if (frames > 20 && performance.now() - seen > 500) {
        done(seen - started);
    } else {
        requestAnimationFrame(look);
    }
};
requestAnimationFrame(look);
"""
FRAMES = """
const frames = window.frames_ = [];
const next = (now) => { frames.push(now); if (window.frames_ === frames) requestAnimationFrame(next); };
requestAnimationFrame(next);
"""

Params = dict[str, str | None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=5, help="Repetitions of each measurement, 1 to 8.")
    parser.add_argument("--run", type=Path, help="The folder of a run, instead of those that are shipped.")
    chosen = parser.parse_args()
    times, run = chosen.times, chosen.run
    with dashboard(run) as (address, seconds), browser() as page:
        report("command until it answers, once", [1000 * seconds])
        report("first page, once", [opened(page, address, view="overview")])
        report("of these until its scores show", [page.execute_script("return window.bench.scores")])
        report(
            "first sample 2 s later, once",
            [after(2, lambda: opened(page, address, view="sample", sample=held_out(run)[0]))],
        )
        report("first labels, once", [after(PREPARED, lambda: opened(page, address, view="labels"))])
        for name, first, changes in actions(run):
            opened(page, address, **first)
            report(name, [measured(page, change) for change in changes[:times]])
        for view, other in pairwise(VIEWS):
            opened(page, address, view=view)
            there_and_back = [[measured(page, {"view": one}) for one in (other, view)] for _ in range(times)]
            report(f"from {view} to {other}", [there for there, _ in there_and_back])
        opened(page, address, view="population", **{"population.drag": "pan"})
        for name, act in (("moved", panned), ("zoomed", zoomed), ("at rest", lambda _page: time.sleep(2))):
            frames, work = watched(page, act)
            report(f"a frame while the map is {name}", frames)
            report("of these the page's own work", [work])


def actions(run: Path | None) -> Iterator[tuple[str, Params, list[Params]]]:
    """Name, the page before, and changes of its address, each of another value."""
    on_map: Params = {"view": "population"}
    columns = ("correctness", "metadata_polarity", "cluster", "loss", "subset", "probability_positive", "prediction")
    numbers = ("metadata_polarity", "outlier_score", "none", "probability_positive", "metadata_subjectivity")
    yield "colour", on_map, [{"color": name} for name in columns]
    yield "size", on_map, [{"size": name} for name in numbers]
    yield "filter", on_map, [{"filter": f'[["loss",">",{bound}]]'} for bound in (0.1, 0.5, 1, 0.2, 2)]
    yield "search", on_map, [{"q": words} for words in ("waste of time", "great", "boring", "the best", "director")]
    squares = [square(x) for x in (-2, 0, 2, 4, 6)]
    yield "lasso", on_map, [{"selection": one} for one in squares]
    yield "sample", {"view": "sample", "sample": held_out(run)[0]}, [{"sample": one} for one in held_out(run)[1:9]]


def square(x: float) -> str:
    """A selection of a square of the map, to the right of a place."""
    return "map:" + ";".join(f"{x + dx},{dy}" for dx, dy in ((0, -20), (4, -20), (4, 20), (0, 20)))


@cache
def held_out(run: Path | None) -> list[str]:
    """Names of the validation samples."""
    from IMDb.commands.explorer import run_folder
    from leap_explorer.runs.run import load_run

    samples = load_run(run or run_folder("dense")).samples
    return [f"validation/{name}" for name in samples.loc[samples["subset"] == "validation", "id"]]


def opened(page: webdriver.Chrome, address: str, **params: Any) -> float:
    """Load a page, and give back the milliseconds until it is whole."""
    page.get(f"{address}?{urlencode(params)}")
    return page.execute_async_script(MEASURE.replace("started = performance.now()", "started = 0"), {})


def measured(page: webdriver.Chrome, change: Params) -> float:
    return page.execute_async_script(MEASURE, change)


def after(seconds: float, do: Callable[[], float]) -> float:
    time.sleep(seconds)
    return do()


def watched(page: webdriver.Chrome, act: Callable[[webdriver.Chrome], None]) -> tuple[list[float], float]:
    """Milliseconds between frames while something is done, and the mean of the page's scripts, styles and layout."""
    page.execute_script(FRAMES)
    before = own_work(page)
    act(page)
    work = own_work(page) - before
    frames = page.execute_script("const found = window.frames_; window.frames_ = null; return found")
    return [later - earlier for earlier, later in pairwise(frames)], work / len(frames)


def own_work(page: webdriver.Chrome) -> float:
    """Milliseconds of scripts, styles and layout since the page was opened."""
    metrics = page.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    durations = {"ScriptDuration", "RecalcStyleDuration", "LayoutDuration"}
    return 1000 * sum(one["value"] for one in metrics if one["name"] in durations)


def panned(page: webdriver.Chrome) -> None:
    """Drag the map to and fro."""
    element = page.find_element(By.CSS_SELECTOR, MAP)
    chain = ActionChains(page, duration=16).move_to_element(element).click_and_hold()
    for step in range(60):
        chain.move_by_offset(4 if step % 20 < 10 else -4, 1 if step % 2 else -1)
    chain.release().perform()


def zoomed(page: webdriver.Chrome) -> None:
    """Turn the wheel to and fro over the map."""
    origin = ScrollOrigin.from_element(page.find_element(By.CSS_SELECTOR, MAP))
    chain = ActionChains(page)
    for step in range(60):
        chain.scroll_from_origin(origin, 0, 20 if step % 20 < 10 else -20)
    chain.perform()


def report(name: str, milliseconds: list[float]) -> None:
    spread = f", {min(milliseconds):.0f} to {max(milliseconds):.0f}" if len(milliseconds) > 1 else ""
    print(f"{name:<32}{statistics.median(milliseconds):>8,.0f} ms{spread}  (n {len(milliseconds)})", flush=True)


@contextmanager
def dashboard(run: Path | None) -> Iterator[tuple[str, float]]:
    """The address of the dashboard as the command serves it, and the seconds until it did."""
    started = time.monotonic()
    of_shipped = ["-c", "from IMDb.commands.main import main; main()", "explore"]
    program = ["-m", "leap_explorer", "explore", str(run)] if run else of_shipped
    command = [sys.executable, *program, "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split(" at ")[1].split()[0], time.monotonic() - started
        finally:
            process.terminate()


@contextmanager
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader",
        "--window-size=1280,900",
    ):
        options.add_argument(argument)
    page = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver") or ""))
    page.set_script_timeout(300)
    page.execute_cdp_cmd("Performance.enable", {})
    page.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
    try:
        yield page
    finally:
        page.quit()


if __name__ == "__main__":
    main()
