"""From bytes to pixels: formats, headers, limits on both, and the decoders."""
