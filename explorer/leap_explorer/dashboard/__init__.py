"""The local dashboard: a Dash app over runs, served on this machine only."""
