"""Makes the pictures of the dashboard in docs/images, of the shipped runs: poetry run python docs/make_screenshots.py

Needs chromium and chromedriver. Reviews are blurred, for they are not ours to publish; the text that the page of a
sample shows is the one below.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

IMAGES = Path(__file__).resolve().parent / "images"
WIDTH = 1280
PATIENCE = 180  # seconds, for the first reading of a text, which loads both models

TEXT = (
    "I had looked forward to this: a great cast, beautiful pictures and a favourite director of mine. But the story is "
    "a waste of all three. It is not funny, not moving, and by the second hour nobody on the screen seems to care "
    "either. The music alone deserves to be appreciated."
)

BLURRED = (
    "#population-side td.text, .hover-text p, #labels-reading .sample-text, #labels-list [col-id='text'], "
    "#population-table [col-id='text'], .insight-samples td:last-child { filter: blur(9px) }"
)

READ = """
const box = document.querySelector("#sample-box");
Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, arguments[0]);
box.dispatchEvent(new Event("input", {bubbles: true}));
document.querySelector("#sample-read").click();
"""

#: By picture: what the page's address says, what must be there, and the height.
PICTURES = {
    "overview": ({"view": "overview"}, "#overview-models .js-plotly-plot .main-svg", 1180),
    "population": ({"view": "population", "color": "correctness"}, "#population-map canvas", 900),
    "sample": ({"view": "sample"}, "#sample-box", 1080),
    "data": ({"view": "data"}, "#data-profile .js-plotly-plot .main-svg", 900),
    "insights": ({"view": "insights"}, ".insight-detail", 900),
    "labels": ({"view": "labels"}, "#labels-probabilities", 900),
}


@contextmanager
def dashboard() -> Iterator[str]:
    """The address at which `imdb explore` answers."""
    command = [str(Path(sys.executable).with_name("imdb")), "explore", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=IMAGES.parent.parent) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            if found is None:
                raise SystemExit("The dashboard does not start; `imdb explore` says why.")
            yield found.group()
        finally:
            process.terminate()


@contextmanager
def browser() -> Iterator[WebDriver]:
    """A headless Chromium."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not chromedriver:
        raise SystemExit("chromium and chromedriver are not installed; on Debian: apt install chromium chromium-driver")
    options = Options()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    try:
        yield driver
    finally:
        driver.quit()


def picture(driver: WebDriver, address: str, name: str) -> None:
    """Write a view's picture."""
    params, awaited, height = PICTURES[name]
    size = {"width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.get(f"{address}?{urlencode({**params, 'theme': 'light'})}")
    await_all(driver, awaited)
    if name == "sample":
        driver.execute_script(READ, TEXT)
        await_all(driver, "#sample-try-0 .sample-text", "#sample-try-1 .sample-text")
    style = (
        "const style = document.createElement('style'); style.textContent = arguments[0]; document.head.append(style)"
    )
    driver.execute_script(style, BLURRED)
    WebDriverWait(driver, PATIENCE).until(
        lambda _: not driver.find_elements(By.CSS_SELECTOR, "[data-dash-is-loading='true']")
    )
    driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    driver.save_screenshot(str(IMAGES / f"{name}.png"))


def await_all(driver: WebDriver, *selectors: str) -> None:
    """Until something of each selector is there."""
    WebDriverWait(driver, PATIENCE).until(
        lambda _: all(driver.find_elements(By.CSS_SELECTOR, selector) for selector in selectors)
    )


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with dashboard() as address, browser() as driver:
        for name in PICTURES:
            picture(driver, address, name)
            print(f"Wrote {IMAGES / name}.png")


if __name__ == "__main__":
    main()
