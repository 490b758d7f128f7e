"""The dataset's side of the integration: reviews, tokens, metadata, metrics, visualizers and models."""
