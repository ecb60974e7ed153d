"""Load tests of the local stack: a thundering herd, a mixed load, and the functions' memory over many renders."""
