"""The made-up dashboard and the browser, for every test here."""

from browser import address, downloads, driver, page, runs  # noqa: F401 (fixtures)
