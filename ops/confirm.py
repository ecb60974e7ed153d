"""Asks at the terminal before something is deleted."""

from __future__ import annotations

from ops.errors import CommandFailed


def confirm(prompt: str, answer: str, *, yes: bool) -> None:
    """Return where --yes was given, or where the answer is typed. Raises CommandFailed for anything else."""
    if yes:
        return
    try:
        typed = input(f"{prompt} Type {answer} to continue: ").strip()
    except EOFError:
        raise CommandFailed("nothing was deleted: there is no terminal to ask at; --yes (YES=1) confirms") from None
    if typed != answer:
        raise CommandFailed("nothing was deleted")
