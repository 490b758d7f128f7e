"""Mutation tests of the pure modules: how many small changes of a module do its tests notice?

python tools/mutate.py                               every mutant of every pure module: days on two cores
python tools/mutate.py --sample 300 --seed 1         so many, drawn at random from all of them
python tools/mutate.py IMDb/metrics.py               of the named modules alone

Each mutant (an operator exchanged, a constant changed, a condition turned round) is made by cosmic-ray in a copy of the
project, and killed by the first test of the module that fails. Prints each survivor as a diff, and the share killed.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkItem, WorkResult

ROOT = Path(__file__).resolve().parent.parent
TIME_LIMIT = 300.0  # seconds a mutant: one that never ends is killed, and counted apart, as a slow machine may do it

#: Exchanging `|` is left out: nearly always it stands between types, where any other operator fails at import.
UNION = "BinaryOperator_BitOr"

#: Modules, and folders of them, that only compute.
PURE = (
    "IMDb/metadata.py",
    "IMDb/metrics.py",
    "IMDb/text/standardise.py",
    "IMDb/text/markup.py",
    "IMDb/text/tokenizers.py",
    "explorer/leap_explorer/intervals.py",
    "explorer/leap_explorer/precision.py",
    "explorer/leap_explorer/student.py",
    "explorer/leap_explorer/explain/alignment.py",
    "explorer/leap_explorer/explain/attribution.py",
    "explorer/leap_explorer/insights",
    "explorer/leap_explorer/population/clusters.py",
    "explorer/leap_explorer/population/duplicates.py",
    "explorer/leap_explorer/runs",
)


def pure_modules() -> Iterator[str]:
    for name in PURE:
        path = ROOT / name
        found = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        yield from (str(one.relative_to(ROOT)) for one in found if one.name != "__init__.py")


def tests_of(module: str) -> str:
    """The test file that mirrors a module, or the tests of its whole folder."""
    path = Path(module)
    room = Path(*(part for part in path.parent.parts if part not in {"IMDb", "leap_explorer", "explorer"}))
    tests = ("explorer/tests" if path.parts[0] == "explorer" else "tests") / room
    mirror = tests / f"test_{path.stem}.py"
    return str(mirror if (ROOT / mirror).exists() else tests)


def copy_of_the_project(folder: Path) -> Path:
    """The tracked files, so that no mutant ever stands in the working tree."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    for name in filter(None, names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


def configuration(module: str) -> str:
    command = f"env PYTHONPATH=.:explorer {sys.executable} -m pytest -x -q -m 'not slow' -p no:cacheprovider"
    return (
        f'[cosmic-ray]\nmodule-path = "{module}"\ntimeout = {TIME_LIMIT}\nexcluded-modules = []\n'
        f'test-command = "{command} {tests_of(module)}"\n[cosmic-ray.distributor]\nname = "local"\n'
    )


def mutants_of(module: str, project: Path) -> tuple[WorkItem, ...]:
    _cosmic_ray(project, module, "init")
    with use_db(_session(project), WorkDB.Mode.open) as database:
        return tuple(one for one in database.work_items if UNION not in one.mutations[0].operator_name)


def results_of(module: str, mutants: Sequence[WorkItem], project: Path) -> list[WorkResult]:
    """How the tests of each mutant ended.

    Raises:
        CalledProcessError: the module's tests fail without any mutant.
    """
    _cosmic_ray(project, module, "init")
    with use_db(_session(project), WorkDB.Mode.open) as database:
        database.clear()
        database.add_work_items(mutants)
    _cosmic_ray(project, module, "baseline")
    _cosmic_ray(project, module, "exec")
    with use_db(_session(project), WorkDB.Mode.open) as database:
        return [result for _, result in database.results]


def _session(project: Path) -> str:
    return str(project / "session.sqlite")


def _cosmic_ray(project: Path, module: str, step: str) -> None:
    """A step of cosmic-ray for a module; all but `baseline` use the session."""
    (project / "cosmic-ray.toml").write_text(configuration(module), encoding="utf-8")
    session = [] if step == "baseline" else [_session(project)]
    force = ["--force"] if step == "init" else []
    subprocess.run(["cosmic-ray", step, "cosmic-ray.toml", *session, *force], cwd=project, check=True)


def sampled(mutants: dict[str, tuple[WorkItem, ...]], n: int | None, seed: int) -> dict[str, list[WorkItem]]:
    """So many of all mutants, drawn without replacement, by module; all of them if n is None."""
    everything = [(module, mutant) for module, ones in mutants.items() for mutant in ones]
    drawn = everything if n is None else random.Random(seed).sample(everything, min(n, len(everything)))
    return {module: chosen for module in mutants if (chosen := [one for name, one in drawn if name == module])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", help="which; default: every pure one")
    parser.add_argument("--sample", type=int, help="how many mutants to draw; default: all")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    arguments = parser.parse_args()
    killed = total = ended = 0
    with tempfile.TemporaryDirectory() as folder:
        project = copy_of_the_project(Path(folder))
        mutants = {module: mutants_of(module, project) for module in arguments.modules or list(pure_modules())}
        print(f"{sum(map(len, mutants.values())):,} mutants of {len(mutants)} modules", flush=True)
        for module, chosen in sampled(mutants, arguments.sample, arguments.seed).items():
            results = results_of(module, chosen, project)
            survivors = [result for result in results if result.test_outcome == TestOutcome.SURVIVED]
            for survivor in survivors:
                print(survivor.diff, flush=True)
            killed, total = killed + len(results) - len(survivors), total + len(results)
            ended += sum(result.output == "timeout" for result in results)
            print(f"{module}: {len(results) - len(survivors)} of {len(results)} mutants killed", flush=True)
    print(f"{killed} of {total} mutants killed ({killed / total:.1%}), {ended} of them after {TIME_LIMIT:.0f} s")


if __name__ == "__main__":
    main()
