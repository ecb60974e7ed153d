"""Operates a deployed stack from outside: looks at it, purges, empties, shows changes, goes back."""
