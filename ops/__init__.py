"""Operates a deployed stack from outside: looks at it, purges, shows changes, goes back."""
