"""What an integration's visualizers drew, on the page: a module a kind of drawing. Everything in it is data."""
