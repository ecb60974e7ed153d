"""Fault injection on the local stack: failing AWS calls, killed processes, duplicated messages, outages."""
