"""Load on the whole service: a crowd at once, a mixed load for minutes, and the functions' memory over many renders."""
