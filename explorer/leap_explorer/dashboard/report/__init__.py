"""The report: what the dashboard shows of some runs, in one HTML file that needs nothing else."""
