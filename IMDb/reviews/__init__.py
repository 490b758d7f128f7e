"""Where the reviews come from: every source becomes one table."""
