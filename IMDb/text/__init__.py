"""Review text -> words -> ids and metadata, each step once a review."""
