"""From a table of predictions to a run, without an integration and without a model."""
