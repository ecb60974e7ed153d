"""Makes a source bucket equal to a folder of originals."""
