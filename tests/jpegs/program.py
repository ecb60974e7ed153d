"""A C program around libjpeg that a test compiles."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import PIL

if TYPE_CHECKING:
    from types import TracebackType

SOURCES = Path(__file__).parent


class Program:
    """A process that answers one request after the other."""

    source: ClassVar[str]
    """The name of its file beside this one."""

    def __init__(self, directory: Path) -> None:
        """Compile it in that directory, and start it."""
        program = directory / Path(self.source).stem
        command: list[str | Path] = ["cc", "-O2", "-o", program, SOURCES / self.source, "-ljpeg"]
        subprocess.run(command, check=True)  # noqa: S603 - the test's own
        self.process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 - as above
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.communicate()

    def send(self, request: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(request)
        self.process.stdin.flush()

    def receive(self, size: int) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.read(size)


def find_obstacle() -> str | None:
    """Return why Pillow cannot be compared with libjpeg here; None if it can."""
    if ".post" not in PIL.__version__:
        return "stock Pillow, where Pillow-SIMD can't be built"
    if not shutil.which("cc"):
        return "no compiler, with which Pillow-SIMD was built"
    command = ["cc", "-fsyntax-only", "-include", "stdio.h", "-include", "jpeglib.h", "-x", "c", "/dev/null"]
    done = subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - as above
    return "no header of libjpeg, with which Pillow-SIMD was built" if done.returncode else None
