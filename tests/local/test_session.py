"""How a program around a stack ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.ports import PortTakenError
from local.session import run_session

if TYPE_CHECKING:
    import pytest


def test_a_stack_that_can_t_start_ends_the_program_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    async def program() -> int:
        raise PortTakenError("Port 1 is in use.")

    assert run_session(program) == 1
    assert capsys.readouterr().err == "Port 1 is in use.\n"
