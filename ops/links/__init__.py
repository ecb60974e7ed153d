"""Signed URLs and links to private images."""
