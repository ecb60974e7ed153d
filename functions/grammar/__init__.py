"""The grammar of URLs: what may be asked for, its canonical spelling, and signatures. Standard library only."""
