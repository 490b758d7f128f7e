"""Data: metadata columns, and how metrics go with them."""
