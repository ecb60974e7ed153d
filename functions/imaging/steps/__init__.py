"""The steps of the pipeline: one module each, with one function `(Picture, Transform) -> Picture`."""
