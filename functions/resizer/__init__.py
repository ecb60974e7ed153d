"""ResizeFunction: reads an original, transcodes it, stores the derivative, and returns it."""
