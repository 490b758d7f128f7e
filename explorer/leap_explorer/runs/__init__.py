"""Runs on disk, and how they did."""
