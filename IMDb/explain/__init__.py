"""The two models as the explorer asks them, and how faithful their heat-maps are."""
