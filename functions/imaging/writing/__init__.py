"""From pixels to bytes: encoders, quality, palettes, animation."""
