"""What single samples look like: an integration's own visualizers, drawn in its process and shown on the page."""
