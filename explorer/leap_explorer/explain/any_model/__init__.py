"""What drives any integration's model, on any input: heat-maps in the inputs' shapes, measured and drawn."""
