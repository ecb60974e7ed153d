"""The engines: each is a program that executes the orders of `protocol` in a process of its own."""
