"""The command `imdb`."""
