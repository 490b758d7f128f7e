"""What each command of `leap-explorer` does; one module a group of them, used by `imdb` as a library."""
