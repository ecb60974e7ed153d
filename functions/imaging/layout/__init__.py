"""Where pixels go: sizes, boxes, orientation. Arithmetic only, no PIL."""
