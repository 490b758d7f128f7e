"""Two small made-up runs, a dashboard that serves them, and a headless Chromium that reaches nothing else."""

import json
import shutil
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
import pandas as pd
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.runs.run import load_run
from serving import serving

pytest.importorskip("selenium")

from selenium import webdriver
from selenium.common.exceptions import (
    ElementNotInteractableException,
    JavascriptException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 60  # seconds, for a machine that is busy with something else

#: What an element or a script may raise while the page replaces what it shows; anything else ends the waiting
CHANGING = (
    StaleElementReferenceException,
    NoSuchElementException,
    ElementNotInteractableException,
    JavascriptException,
)

LABELS = ["negative", "positive"]
SIZES = {"training": 240, "validation": 120}
FAILED = 3
SCRIPT = "<script>document.title = 'taken over'</script><img src=x onerror=\"document.title = 'taken over'\">"


def _facts(role, kind="float", direction=None, description=""):
    return {"role": role, "type": kind, "direction": direction, "computes_insights": True, "description": description}


COLUMNS = {
    "id": _facts("id", "string"),
    "subset": _facts("subset", "string"),
    "ground_truth": _facts("ground_truth", "string"),
    "prediction": _facts("prediction", "string"),
    "probability_negative": _facts("probability"),
    "probability_positive": _facts("probability"),
    "loss": _facts("loss", direction="down", description="Cross-entropy; lower is better."),
    "metric_confidence": _facts("metric", direction="up"),
    "metadata_words": _facts("metadata", "int"),
    "metadata_polarity": _facts("metadata"),
    "metadata_is_truncated": _facts("metadata", "bool"),
    "metadata_genre": _facts("metadata", "string"),
    "input_hash": _facts("hash", "int"),
    "error": _facts("error", "string"),
    "map_x": _facts("map"),
    "map_y": _facts("map"),
    "pca_x": _facts("map"),
    "pca_y": _facts("map"),
    "cluster": _facts("cluster", "int"),
    "outlier_score": _facts("outlier_score"),
}


def made_samples(seed):
    """360 samples in two clouds, at (0, 0) the first label, at (10, 0) the second; three failed; a tenth is wrong."""
    generator = np.random.default_rng(seed)
    n = sum(SIZES.values())
    truth = np.arange(n) % 2
    is_wrong = np.arange(n) % 10 == 3
    said = np.where(is_wrong, 1 - truth, truth)
    positive = np.where(said == 1, 0.9, 0.1) + generator.uniform(-0.08, 0.08, n)
    x, y = 10.0 * truth + generator.normal(size=n), generator.normal(size=n)
    failed = np.isin(np.arange(n), np.arange(FAILED) * 50)
    places = {"map_x": x, "map_y": y, "pca_x": y, "pca_y": x}
    numbers = {
        "probability_negative": 1 - positive,
        "probability_positive": positive,
        "loss": -np.log(np.where(truth == 1, positive, 1 - positive)),
        "metric_confidence": np.maximum(positive, 1 - positive),
        "metadata_polarity": generator.normal(size=n) + truth,
        "outlier_score": generator.uniform(0.5, 2.0, n),
        **places,
    }
    frame = pd.DataFrame(
        {
            "id": [f"s{row:03d}" for row in range(n)],
            "subset": [name for name, size in SIZES.items() for _ in range(size)],
            "ground_truth": np.array(LABELS)[truth],
            "prediction": pd.Series(np.array(LABELS)[said]).mask(failed),
            **{name: pd.Series(values.astype(np.float32)).mask(failed) for name, values in numbers.items()},
            "metadata_words": np.arange(n) + 5,
            "metadata_is_truncated": np.arange(n) % 3 == 0,
            "metadata_genre": np.array(["drama", "comedy", "horror"])[np.arange(n) % 3],
            "input_hash": np.arange(n, dtype=np.uint64),
            "error": pd.Series(np.where(failed, "It could not be read.", None)),
            "cluster": pd.Series(truth).mask(failed).astype("Int16"),
        }
    )
    return frame[list(COLUMNS)]


def made_run(folder, seed=0):
    """Write a run of `made_samples` and read it."""
    folder.mkdir(parents=True)
    samples = made_samples(seed)
    samples.to_parquet(folder / "samples.parquet")
    np.save(folder / "latent.npy", samples[["map_x", "map_y"]].to_numpy(np.float32))
    clusters = [
        {
            "cluster": number,
            "name": name,
            "size": int((samples["cluster"] == number).sum()),
            "share": 0.5,
            "error_rate": {"value": 0.1, "low": 0.07, "high": 0.15},
            "held_out": {"error_rate": {"value": 0.12, "low": 0.06, "high": 0.22}},
            "purity": {"value": 1.0, "label": LABELS[number]},
            "terms": [{"term": word, "weight": 0.1, "count": 9} for word in name.split(", ")],
            "distinguishing": [{"column": "metadata_polarity", "value": None, "effect": 0.9 * (2 * number - 1)}],
        }
        for number, name in enumerate(("bad, dull", "great, moving"))
    ]
    counts = {name: {"evaluated": size, "available": 10 * size, "failed": 0} for name, size in SIZES.items()}
    curves = [f"{side}_{what}" for side in ("training", "validation") for what in ("loss", "accuracy")]
    epochs = [{"epoch": epoch, **dict.fromkeys(curves, 1 / epoch)} for epoch in (1, 2, 3, 4)]
    info = {
        "name": folder.name,
        "created": "2026-01-02T03:04:05+00:00",
        "model": {"file": f"{folder.name}.h5", "sha256": "ab" * 32, "format": "keras"},
        "integration": {"folder": "made-up", "entry": "leap_integration.py", "sha256": "cd" * 32},
        "data_sha256": "ef" * 32,
        "versions": {"numpy": "2.4.6"},
        "seed": 42,
        "labels": LABELS,
        "counts": counts,
        "columns": COLUMNS,
        "latent": {"source": "made up", "dimensions": 2},
        "history": {"shipped_epoch": 3, "epochs": epochs},
    }
    for name, value in {
        "run.json": info,
        "population.json": {"projection": "umap", "clusters": clusters},
        "insights.json": {"insights": [], "skipped": {}},
    }.items():
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
    return load_run(folder)


class MadeReader:
    """Texts that tell their row; each holds a script, which must stay words."""

    def text(self, sample_id):
        row = int(sample_id[1:])
        return f"Review number {row} is {'wonderful' if row % 2 else 'dreadful'}. {SCRIPT}"

    def explain(self, run, text, target):
        raise ExplorerError("The models are unavailable.")

    def label_csv(self, decisions):
        raise NotImplementedError


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Two runs of the same samples, `first` and `second`."""
    folder = tmp_path_factory.mktemp("runs")
    return [made_run(folder / name, seed) for seed, name in enumerate(("first", "second"))]


@pytest.fixture(scope="session")
def address(runs, tmp_path_factory):
    """Where the dashboard answers."""
    with serving(runs, MadeReader(), tmp_path_factory.mktemp("state")) as address:
        yield address


@pytest.fixture(scope="session")
def downloads(tmp_path_factory):
    """Where the browser puts what it downloads."""
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def driver(downloads):
    """A headless Chromium without a network, that logs its console and its requests."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not chromedriver:
        pytest.skip("needs chromium and chromedriver")
    options = Options()
    options.binary_location = chromium
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader",
        "--window-size=1280,900",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(chromedriver))
    browser.set_script_timeout(PATIENCE)
    yield browser
    browser.quit()


class Page:
    """The dashboard in the browser, as a user meets it."""

    def __init__(self, driver, address, downloads):
        self.driver, self.address, self.downloads = driver, address, downloads

    def open(self, **params):
        """Load the page with these parameters, and wait until its view is there."""
        self.driver.get(f"{self.address}?{urlencode(params)}")
        self.wait_for("#view > *")

    def reload(self):
        self.driver.refresh()
        self.wait_for("#view > *")

    @property
    def params(self):
        """What the page's address says."""
        return dict(parse_qsl(urlsplit(self.driver.current_url).query))

    def find(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def wait_for(self, css):
        """The first element of this selector, once there is one that can be seen."""
        return self.until(lambda: next((one for one in self.find(css) if one.is_displayed()), None), f"see {css}")

    def until(self, condition, what="a condition holds"):
        """The condition's result, as soon as it is true."""
        return WebDriverWait(self.driver, PATIENCE, ignored_exceptions=CHANGING).until(
            lambda _driver: condition(), f"waited in vain to {what}"
        )

    def texts(self, css):
        """Of all elements of this selector; read at once, for the page may replace them at any time."""
        source = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText.trim())"
        return self.script(source, css)

    def rows(self, css):
        """Of all rows of tables that this selector finds, their cells' texts."""
        source = """return [...document.querySelectorAll(arguments[0])].map(
            (row) => [...row.querySelectorAll("td")].map((cell) => cell.innerText.trim()))"""
        return self.script(source, css)

    def text(self, css="body"):
        """Of the first element of this selector, once there is one that can be seen."""
        self.wait_for(css)
        return self.until(lambda: self.texts(css)[:1], f"read {css}")[0]

    def value(self, css):
        """What stands in the first input of this selector."""
        return self.until(
            lambda: [self.script("return document.querySelector(arguments[0]).value", css)], f"read {css}"
        )[0]

    def wait_for_text(self, css, text):
        """Until the first element of this selector holds the text."""
        self.until(lambda: any(text in one for one in self.texts(css)[:1]), f"read {text!r} in {css}")

    def wait_for_params(self, **params):
        """Until the address holds these parameters; None: until it does not."""
        self.until(lambda: all(self.params.get(key) == value for key, value in params.items()), f"have {params}")

    def click(self, css):
        self.until(lambda: any(one.click() or True for one in self.find(css)[:1]), f"click {css}")

    def click_path(self, path):
        self.until(lambda: self.driver.find_element(By.XPATH, path).click() or True, f"click {path}")

    def menu(self, name, *labels):
        """Choose entries of a menu; `name` is the parameter that it sets, or its id."""
        key = name.replace(".", ":")  # Dash's ids hold no dots
        self.click(f'button[id*=\'"key":"{key}"\'], button[id="{name}"]')
        for label in labels:
            self.click_path(f"//*[contains(@class, 'dash-dropdown-content')]//label[normalize-space()='{label}']")
        if self.find(".dash-dropdown-content input[type=checkbox]"):  # of several choices; else it closes by itself
            ActionChains(self.driver).send_keys(Keys.ESCAPE).perform()
        self.until(lambda: not self.find(".dash-dropdown-content"), "see the menu closed")

    def choose(self, label, within="//*"):
        """Choose one of a row of alternatives, of the one that an XPath finds if there are several."""
        self.click_path(f"{within}[contains(@class, 'segments')]//label[normalize-space()='{label}']")

    def type(self, css, text):
        """Write into an input and press Enter."""
        field = self.wait_for(css)
        field.clear()
        field.send_keys(text, Keys.ENTER)

    def script(self, source, *arguments):
        return self.driver.execute_script(source, *arguments)

    def drag(self, css, *offsets):
        """Drag the mouse over an element, along places given as shares (0-1) of its width and height."""
        element = self.wait_for(css)
        size = element.size
        places = [((x - 0.5) * size["width"], (y - 0.5) * size["height"]) for x, y in offsets]
        chain = ActionChains(self.driver, duration=40)
        chain.move_to_element_with_offset(element, *map(int, places[0])).click_and_hold()
        for x, y in places[1:]:
            chain.move_to_element_with_offset(element, int(x), int(y))
        chain.release().perform()

    def hover(self, css, place):
        """Point at a place of an element, given as shares (0-1) of its width and height."""
        element = self.wait_for(css)
        offset = [
            int((share - 0.5) * element.size[side]) for share, side in zip(place, ("width", "height"), strict=True)
        ]
        ActionChains(self.driver, duration=40).move_to_element(element).move_to_element_with_offset(
            element, *offset
        ).perform()

    def move_to(self, x, y):
        """Point at a place of the window, in pixels from its upper left corner."""
        pointer = ActionBuilder(self.driver, duration=40)
        pointer.pointer_action.move_to_location(round(x), round(y))
        pointer.perform()

    def resize(self, width, height=900, ratio=1):
        """The window's size, and the screen's pixels for each of its own; the next test has the usual ones again."""
        size = {"width": width, "height": height, "deviceScaleFactor": ratio, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def downloaded(self, name):
        """The text of a downloaded file, once it is whole; the file is then removed."""
        path = Path(self.downloads) / name
        self.until(path.exists, f"get {name}")
        text = path.read_text(encoding="utf-8")
        path.unlink()
        return text

    def console_errors(self):
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def requests_elsewhere(self):
        """Addresses asked for that are not the dashboard's own."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        addresses = [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]
        return [one for one in addresses if not one.startswith((self.address, "data:", "blob:"))]


@pytest.fixture
def page(driver, address, downloads):
    """The dashboard in the browser; afterwards no error may stand in its console, and no request have left it."""
    page = Page(driver, address, downloads)
    page.resize(1280)
    driver.get("about:blank")
    driver.get_log("browser")
    driver.get_log("performance")
    yield page
    errors = page.console_errors()
    assert errors == [], errors
    assert page.requests_elsewhere() == []
