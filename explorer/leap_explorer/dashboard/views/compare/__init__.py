"""Two runs beside each other: what the one fixes and breaks of the other."""
