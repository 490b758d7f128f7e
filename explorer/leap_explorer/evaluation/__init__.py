"""From an integration's samples and a model to a run: encode, score, evaluate."""
