"""Replaces the secrets of a stack while it serves."""
