"""Measurements of pixels: the interesting part, plain edges, similarity, BlurHash."""
