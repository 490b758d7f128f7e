"""Population: the map of the latent space, and the selection on it."""
