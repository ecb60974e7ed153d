"""The smoke test: walks a deployed stack's workflow from outside."""
