"""Delivers originals: makes a bucket agree with a folder (`make sync`)."""
