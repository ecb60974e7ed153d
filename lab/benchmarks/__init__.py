"""How fast the core is beside what people would use instead, at what similarity and for how many bytes."""
