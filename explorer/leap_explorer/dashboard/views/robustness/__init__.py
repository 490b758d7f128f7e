"""How a model stands when samples are changed."""
