"""Mutation tests of the pure modules: how many small changes of a module do its tests notice?

python tools/mutate.py                         every module of MODULES, hours on two cores
python tools/mutate.py explorer/leap_explorer/intervals.py IMDb/metrics.py

Each mutant (an operator exchanged, a constant changed, a condition turned round) is made by cosmic-ray in a copy of the
project, and killed by the first test of the module that fails. Prints each survivor as a diff, and the share killed.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkResult

ROOT = Path(__file__).resolve().parent.parent
TIME_LIMIT = 120.0  # seconds a mutant: one that never ends is killed

#: Each pure module, and the tests that are of it alone.
MODULES = {
    "IMDb/metadata.py": "tests/test_metadata.py",
    "IMDb/metrics.py": "tests/test_metrics.py",
    "IMDb/text/standardise.py": "tests/text/test_standardise.py",
    "IMDb/text/tokenizers.py": "tests/text/test_tokenizers.py",
    "explorer/leap_explorer/intervals.py": "explorer/tests/test_intervals.py",
    "explorer/leap_explorer/explain/alignment.py": "explorer/tests/explain/test_alignment.py",
    "explorer/leap_explorer/explain/attribution.py": "explorer/tests/explain/test_attribution.py",
    "explorer/leap_explorer/insights": "explorer/tests/insights",
    "explorer/leap_explorer/insights/filters.py": "explorer/tests/insights/test_filters.py",
    "explorer/leap_explorer/runs/run.py": "explorer/tests/runs/test_run.py",
}


def copy_of_the_project(folder: Path) -> Path:
    """The tracked files, so that no mutant ever stands in the working tree."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    for name in filter(None, names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


def configuration(module: str, tests: str) -> str:
    command = f"env PYTHONPATH=.:explorer {sys.executable} -m pytest -x -q -m 'not slow' -p no:cacheprovider {tests}"
    return (
        f'[cosmic-ray]\nmodule-path = "{module}"\ntimeout = {TIME_LIMIT}\nexcluded-modules = []\n'
        f'test-command = "{command}"\n[cosmic-ray.distributor]\nname = "local"\n'
    )


def results_of(module: str, project: Path) -> list[WorkResult]:
    """Of every mutant of a module, how its tests ended."""
    (project / "cosmic-ray.toml").write_text(configuration(module, MODULES[module]), encoding="utf-8")
    session = project / "session.sqlite"
    session.unlink(missing_ok=True)
    for command in (["init", "cosmic-ray.toml", str(session)], ["baseline", "cosmic-ray.toml"]):
        subprocess.run(["cosmic-ray", *command], cwd=project, check=True)
    subprocess.run(["cosmic-ray", "exec", "cosmic-ray.toml", str(session)], cwd=project, check=True)
    with use_db(str(session), WorkDB.Mode.open) as database:
        return [result for _, result in database.results]


def main(modules: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = copy_of_the_project(Path(folder))
        for module in modules:
            results = results_of(module, project)
            survivors = [result for result in results if result.test_outcome == TestOutcome.SURVIVED]
            for survivor in survivors:
                print(survivor.diff, flush=True)
            killed = len(results) - len(survivors)
            print(f"{module}: {killed} of {len(results)} mutants killed ({killed / len(results):.1%})", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or list(MODULES))
