"""What drives a prediction or its loss, and how faithful that account is."""
