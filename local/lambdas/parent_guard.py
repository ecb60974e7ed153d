"""Runs a program that ends with its parent, even a killed one: `python parent_guard.py PARENT_PID PROGRAM ARGUMENT...`.

Standard library only: it runs in the workers' and in the emulator's interpreter.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>; it outlives the exec that follows


def main() -> None:
    """Bind this process to its parent's life (on Linux only), and replace it by the program."""
    parent, *program = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != int(parent):  # it ended before the signal was requested
            sys.exit(1)
    os.execv(program[0], program)  # noqa: S606 - the caller names the program by its path


if __name__ == "__main__":
    main()
