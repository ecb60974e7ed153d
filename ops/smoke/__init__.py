"""The smoke test: goes through a deployed stack's workflow from outside, without any code of the stack."""
