"""The AWS emulator: its process, and the template deployed into it."""
