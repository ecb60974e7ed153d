"""Releases: deploy, roll back, change sets."""
