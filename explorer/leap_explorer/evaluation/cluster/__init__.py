"""Chunks of samples scored by the workers of a Dask cluster, in place of processes of this machine."""
