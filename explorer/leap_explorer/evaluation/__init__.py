"""From an integration's samples and a model to a run: encode, score, evaluate."""

from leap_explorer.extras import require

require("Evaluating", "evaluate")
