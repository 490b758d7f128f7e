"""The two models: how each is built, trained and saved in a format that the platform imports."""
