"""The package as a user gets it: built into a wheel, installed alone in a new environment, far from the repository."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from browser import Page
from leap_explorer.runs.run import load_run

pytestmark = pytest.mark.slow

EXPLORER = Path(__file__).parents[2]
SHIPPED = EXPLORER.parent / "models" / "runs" / "dense"
MOST_MEGABYTES = 600
HEAVY = {"tensorflow", "keras", "onnx", "onnxruntime", "torch", "umap-learn", "numba", "code-loader", "pyyaml"}

#: By view, what it shows of the shipped run once it is there.
SHOWN = {
    "overview": ("#overview-scores", "validation"),
    "population": ("#population-count", "samples"),
    "sample": ("#sample-no-reader", "unavailable"),
    "data": ("#data-profile", "Mean loss"),
    "insights": ("#insights-list", "of"),
    "labels": ("#labels-list-box", "Verdict"),
}


class Environment:
    """A virtual environment, used from a folder of its own."""

    def __init__(self, folder, inherits=None):
        self.folder, self.home = folder, folder.parent / f"{folder.name}-home"
        self.home.mkdir()
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        if inherits is not None:
            (self.site / "inherited.pth").write_text(f"{inherits.site}\n")

    @property
    def site(self):
        (found,) = self.folder.glob("lib/python3*/site-packages")
        return found

    def path(self, name):
        return self.folder / "bin" / name

    @property
    def variables(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        return {**kept, "PATH": f"{self.folder / 'bin'}:{os.defpath}", "HOME": str(self.home)}

    def run(self, *command, check=True):
        """A command of the environment; its result with both outputs as text."""
        program, *arguments = command
        found = subprocess.run(
            [self.path(program), *map(str, arguments)],
            cwd=self.home,
            env=self.variables,
            capture_output=True,
            text=True,
        )
        assert not check or found.returncode == 0, found.stdout + found.stderr
        return found

    def python(self, code):
        return self.run("python", "-c", code).stdout.strip()

    def install(self, *packages):
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", *map(str, packages)]
        variables = {**self.variables, "HOME": os.environ.get("HOME", "")}  # where pip's own settings are
        subprocess.run([self.path("python"), *pip], check=True, cwd=self.home, env=variables)

    @contextmanager
    def dashboard(self, *runs):
        """The address at which `leap-explorer explore` answers."""
        command = [self.path("leap-explorer"), "explore", *map(str, runs), "--no-browser", "--port", "0"]
        with subprocess.Popen(
            command, cwd=self.home, env=self.variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                line = process.stdout.readline()
                assert "The dashboard is at" in line, process.stderr.read()
                yield line.split()[4]
            finally:
                process.terminate()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, so that nothing is left in the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(EXPLORER, folder / "explorer", ignore=shutil.ignore_patterns("tests", "__pycache__", "docs"))
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, folder / "explorer"]
    subprocess.run(pip, check=True)
    (found,) = folder.glob("leap_explorer-*.whl")
    return found


@pytest.fixture(scope="module")
def light(wheel, tmp_path_factory):
    """The wheel, with what it always brings."""
    environment = Environment(tmp_path_factory.mktemp("environments") / "light")
    environment.install(wheel)
    return environment


@pytest.fixture(scope="module")
def analysing(light, tmp_path_factory):
    """The same with the extra `analysis`, and without umap-learn."""
    environment = Environment(tmp_path_factory.mktemp("environments") / "analysing", inherits=light)
    environment.install("scikit-learn", "scipy")
    return environment


@pytest.fixture(scope="module")
def run(light):
    """The shipped run, out of the repository."""
    return shutil.copytree(SHIPPED, light.home / "dense")


def test_what_is_installed(light):
    assert Path(light.python("import leap_explorer; print(leap_explorer.__file__)")).is_relative_to(light.site)
    listed = json.loads(light.run("python", "-m", "pip", "list", "--format", "json").stdout)
    assert not HEAVY & {package["name"].lower() for package in listed}
    size = sum(path.stat().st_size for path in light.folder.rglob("*") if path.is_file() and not path.is_symlink())
    assert size < MOST_MEGABYTES * 1e6, f"{size / 1e6:.0f} MB"


def test_importing_loads_next_to_nothing(light):
    code = "import sys, leap_explorer; print(*(name for name in ('numpy', 'pandas', 'dash') if name in sys.modules))"
    assert light.python(code) == ""


@pytest.mark.parametrize("view", SHOWN)
def test_views(light, run, view, driver, downloads):
    with light.dashboard(run) as address:
        page = Page(driver, address, downloads)
        driver.get("about:blank")
        driver.get_log("browser")
        driver.get_log("performance")
        page.open(view=view)
        page.wait_for_text(*SHOWN[view])
        assert page.console_errors() == []
        assert page.requests_elsewhere() == []


def test_report(light, run, driver, tmp_path):
    light.run("leap-explorer", "explore", run, "--export", tmp_path / "report.html")
    driver.get((tmp_path / "report.html").as_uri())
    assert "Report on dense" in driver.page_source
    title = load_run(SHIPPED).insights[0]["title"]
    assert title[:60] in driver.execute_script("return document.body.innerText")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            ("evaluate", ".", "--model", "model.onnx"),
            "Error: Evaluating needs code-loader, pyyaml, umap-learn, pillow, scikit-learn, scipy, threadpoolctl: "
            "pip install 'leap-explorer[evaluate]'\n",
        ),
        (
            ("import", "table.csv", "--text", "text"),
            "Error: Making a run of a table needs scikit-learn, scipy, threadpoolctl: pip install "
            "'leap-explorer[analysis]'\n",
        ),
        (
            ("compact", "dense", "small"),
            "Error: Making a small copy needs scikit-learn, scipy, threadpoolctl: pip install "
            "'leap-explorer[analysis]'\n",
        ),
    ],
)
def test_what_is_missing_is_one_line(light, run, command, message):
    (light.home / "table.csv").write_text("text\na\n")
    result = light.run("leap-explorer", *command, check=False)
    assert (result.returncode, result.stderr.removeprefix("Reading the table\n")) == (1, message)


def test_a_table_without_umap(analysing, driver, downloads):
    generator = np.random.default_rng(0)
    words = np.array(["tiger", "lion", "bread", "cheese", "river", "stone", "cloud", "rain"])
    table = pd.DataFrame({"text": [" ".join(generator.choice(words, 6)) for _ in range(60)]})
    table["animal"] = table["text"].str.contains("tiger|lion").map({True: "yes", False: "no"})
    table["p_yes"] = np.where(table["animal"] == "yes", 0.8, 0.3)
    table["p_no"] = 1 - table["p_yes"]
    table.to_csv(analysing.home / "table.csv", index=False)
    options = ["--text", "text", "--label", "animal", "--probability", "p_*"]
    said = analysing.run("python", "-m", "leap_explorer", "import", "table.csv", *options).stdout
    note = (
        "Drawn from TF-IDF and SVD of the texts, by PCA, because umap-learn is not installed (pip install umap-learn)."
    )
    assert note in said
    assert load_run(analysing.home / "runs" / "table").info["map_note"] == note
    code = "from leap_explorer.cli import main; main()"  # its script has the other environment's Python
    command = [analysing.path("python"), "-c", code, "explore", "runs/table", "--no-browser", "--port", "0"]
    with subprocess.Popen(
        command, cwd=analysing.home, env=analysing.variables, stdout=subprocess.PIPE, text=True
    ) as process:
        page = Page(driver, process.stdout.readline().split()[4], downloads)
        page.open(view="population")
        page.wait_for_text("#view", note)
        process.terminate()
