"""Two runs compared: which samples they share, what changed in them, and in which slices."""
