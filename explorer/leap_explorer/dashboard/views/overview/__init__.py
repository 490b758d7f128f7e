"""Overview: the models side by side."""
