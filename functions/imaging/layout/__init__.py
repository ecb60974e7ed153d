"""Sizes, boxes, orientation, and the plan of what to decode. Arithmetic only, no PIL."""
