"""Explore any Tensorleap integration on this machine, from its contract alone; it knows of no particular data set."""
