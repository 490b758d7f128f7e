"""Sample: one sample, as each model reads it."""
