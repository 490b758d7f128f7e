"""A Tensorleap integration and a model file, read as the platform reads them."""
