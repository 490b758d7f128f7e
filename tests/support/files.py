"""Files that tests of several modules write."""

import csv


def write_csv(path, columns):
    """Write the columns, lists by name, as CSV; returns `path`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path
