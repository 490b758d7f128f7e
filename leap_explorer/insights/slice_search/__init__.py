"""Finding where a model fails: slices of the held-out samples, searched on one half and confirmed on the other."""
