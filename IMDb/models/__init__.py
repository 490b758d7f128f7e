"""The two models: how each is built, trained, exported, asked and described."""
