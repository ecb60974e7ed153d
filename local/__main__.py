"""`python -m local` is `make run`."""

from __future__ import annotations

import signal
import sys
from functools import partial

from local.arguments import Parser


def main(arguments: list[str] | None = None) -> int:
    """Run the stack until Ctrl-C or SIGTERM, and return the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the imports take 0.5 s; Ctrl-C during them prints no stack trace
    parser = Parser("python -m local", description="Run the whole service on this machine until Ctrl-C.")
    parser.add_ports()
    parser.add_public_key()
    parser.add_parameters()
    parser.add_fresh()
    options = parser.parse_args(arguments)
    from local.run import run  # noqa: PLC0415 - as above
    from local.session import run_session  # noqa: PLC0415 - as above
    from local.stack import StackOptions  # noqa: PLC0415 - as above

    stack_options = StackOptions(
        options.edge_port, options.aws_port, public_key=options.public_key, parameters=parser.parse_parameters(options)
    )
    return run_session(partial(run, stack_options, fresh=options.fresh))


if __name__ == "__main__":
    sys.exit(main())
