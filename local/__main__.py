"""`python -m local` is `make run`."""

from __future__ import annotations

import signal
import sys


def main() -> int:
    """Run the stack until Ctrl-C or SIGTERM, and return the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the imports take half a second, and Ctrl-C meanwhile leaves no trace
    from local.run import run  # noqa: PLC0415 - as above
    from local.session import run_session  # noqa: PLC0415 - as above

    return run_session(run)


if __name__ == "__main__":
    sys.exit(main())
