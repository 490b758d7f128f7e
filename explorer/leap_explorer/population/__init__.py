"""Samples in latent space: projections, clusters, outliers, duplicates."""
