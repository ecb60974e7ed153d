"""Faults on the local stack: what is lost or stale when AWS fails, processes are killed and messages come twice."""
