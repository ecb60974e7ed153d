"""The contestants: each a program that does the orders of `protocol`, so that none shares a process with another."""
