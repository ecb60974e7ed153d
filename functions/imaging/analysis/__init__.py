"""What pixels tell: the interesting part, plain edges, similarity, BlurHash."""
