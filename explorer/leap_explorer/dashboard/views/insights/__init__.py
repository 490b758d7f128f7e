"""Insights: the ranked findings, their evidence and their status."""
