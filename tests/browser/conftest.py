"""The explorer's browser, for the page on the shipped runs."""

from browser import downloads, driver, page  # noqa: F401 (fixtures)
