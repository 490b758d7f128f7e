"""A gate for CI: tests that a new model must pass, beyond what chance explains."""
