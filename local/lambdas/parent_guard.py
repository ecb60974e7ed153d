"""Runs a program that ends with its parent, even one that was killed: `python guard.py PARENT_PID PROGRAM ARGUMENT...`.

Standard library only: both the workers' interpreter and the emulator's run it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>; it outlives the exec that follows


def main() -> None:
    """Tie this process to its parent and become the program. Without Linux's `prctl`, only become the program."""
    parent, *program = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != int(parent):  # it died before the signal was asked for
            sys.exit(1)
    os.execv(program[0], program)  # noqa: S606 - the caller names the program by its path


if __name__ == "__main__":
    main()
