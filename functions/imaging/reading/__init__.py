"""From bytes to pixels: headers and their limits, parsers and decoders."""
