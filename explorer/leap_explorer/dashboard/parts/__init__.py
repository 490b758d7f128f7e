"""Components that several views and the report are made of."""
