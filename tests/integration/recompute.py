"""Score some rows of a shipped run anew, in a process of its own, since code-loader keeps one integration a process.

python tests/integration/recompute.py MODEL_FILE RUN COUNT: prints the largest differences as JSON, by column.
"""

import json
import sys
from pathlib import Path

import numpy as np

from IMDb.config import ROOT
from leap_explorer.contract.integration import Integration
from leap_explorer.contract.model import load_model
from leap_explorer.evaluation.encode import encode
from leap_explorer.evaluation.schema import find_schema, probe_keys
from leap_explorer.evaluation.score import score
from leap_explorer.runs.run import load_run


def main(model_file: Path, run_folder: Path, count: int) -> dict[str, float]:
    integration, model, run = Integration(ROOT), load_model(model_file), load_run(run_folder)
    rows = run.samples.sample(count, random_state=7)
    keys = list(zip(rows["subset"], rows["id"], strict=True))
    schema = find_schema(integration, model, [encode(integration, key) for key in probe_keys(keys)], "model")
    differences: dict[str, float] = {}
    for subset, of_subset in rows.groupby("subset", sort=False):
        samples = [encode(integration, (str(subset), sample_id)) for sample_id in of_subset["id"]]
        anew = score(integration, model, schema, samples).to_pandas()
        for column in schema.scored:
            differences[column] = max(differences.get(column, 0.0), difference(of_subset[column], anew[column]))
    return differences


def difference(shipped, anew) -> float:
    """The largest of two columns' differences; infinite where other values than numbers differ."""
    are_missing = shipped.isna().to_numpy()
    if (are_missing != anew.isna().to_numpy()).any():
        return float("inf")
    before, after = shipped[~are_missing].to_numpy(), anew[~are_missing].to_numpy()
    if len(before) and isinstance(before[0], float | np.floating):
        return float(np.abs(before.astype(float) - after.astype(float)).max())
    return 0.0 if list(before) == list(after) else float("inf")


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))), flush=True)
