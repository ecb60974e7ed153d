"""Calls dropped or swapped: each is a plausible mistake that the model must detect."""

from __future__ import annotations

import importlib
import inspect
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Mutation:
    """In `place` ("module name", or "module class.method"), `before` becomes `after`.

    The scenario shows what goes wrong then.
    """

    name: str
    place: str
    before: str
    after: str
    scenario: str

    def function(self) -> Callable[..., object]:
        module, name = self.place.split()
        found: Callable[..., object] = inspect.unwrap(attrgetter(name)(importlib.import_module(module)))
        return found

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Replace the code of the function, also where it was imported before."""
        function = self.function()
        source = textwrap.dedent(inspect.getsource(function))
        assert source.count(self.before) == 1, (
            f"{self.name}: {self.before!r} is in {self.place} {source.count(self.before)} times"
        )
        changed: dict[str, Callable[..., object]] = {}
        text = "from __future__ import annotations\n" + source.replace(self.before, self.after)
        exec(compile(text, self.name, "exec"), function.__globals__, changed)  # noqa: S102 (the project's own code)
        kept = function.__code__
        function.__code__ = inspect.unwrap(changed[function.__name__]).__code__
        try:
            yield
        finally:
            function.__code__ = kept
