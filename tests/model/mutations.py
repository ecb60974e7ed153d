"""Calls dropped or swapped: each is a fault that somebody might make, and the model must notice it."""

from __future__ import annotations

import importlib
import inspect
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.simulation import functions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Mutation:
    """In `place` ("function module name"), `before` becomes `after`. `survives`: why nobody can notice it."""

    name: str
    place: str
    before: str
    after: str
    survives: str = ""

    def function(self) -> Callable[..., object]:
        function, module, name = self.place.split()
        loaded = functions()
        home = importlib.import_module(f"cloud.{module}") if function == "cloud" else loaded[function][module]
        found: Callable[..., object] = inspect.unwrap(getattr(home, name))
        return found

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Exchange the code of the function, for all who have imported it."""
        function = self.function()
        source = textwrap.dedent(inspect.getsource(function))
        assert source.count(self.before) == 1, f"{self.name}: {self.before!r} is in {self.place} {source.count(self.before)} times"
        changed: dict[str, Callable[..., object]] = {}
        text = "from __future__ import annotations\n" + source.replace(self.before, self.after)
        exec(compile(text, self.name, "exec"), function.__globals__, changed)  # noqa: S102 (the project's own code)
        kept = function.__code__
        function.__code__ = inspect.unwrap(changed[function.__name__]).__code__
        try:
            yield
        finally:
            function.__code__ = kept


SYNCHRONISE = "copy convergence synchronise"
EQUALISE = "copy convergence _equalise"
COPY = "copy convergence _copy"
FIND = "copy convergence find"
PURGE = "copy convergence _purge"
CONCLUDE = "copy convergence conclude"
HANDLER = "copy app handler"
DERIVE = "resize derivation derive"
STORE = "resize derivation _store"
CURRENT = "resize derivation _is_current"

MUTATIONS = (
    Mutation(
        "the source is not read again after the copy",
        SYNCHRONISE,
        "_version(objects.head_source(settings.source_bucket, key)) == _version(source)",
        "True",
    ),
    Mutation("the copy has no condition", "cloud objects copy", "_expectation(expected)", "{}"),
    Mutation("the source's version is not named in the copy", "cloud objects copy", "!= NULL_VERSION", "== NULL_VERSION"),
    Mutation("deleting has no condition", "cloud objects delete", ", IfMatch=expected", ""),
    Mutation("no mark before a copy", COPY, "index.mark_original(settings.table, source.key)", "pass"),
    Mutation("no mark before a removal", EQUALISE, "index.mark_original(settings.table, destination.key)", "pass"),
    Mutation(
        "the mark comes after the copy",
        COPY,
        """    if destination is not None and not _looks_the_same(source, destination, written):
        index.mark_original(settings.table, source.key)
    expected = None if destination is None else destination.etag
    return objects.copy((settings.source_bucket, source), settings.destination_bucket, written, expected)
""",
        """    expected = None if destination is None else destination.etag
    etag = objects.copy((settings.source_bucket, source), settings.destination_bucket, written, expected)
    if destination is not None and not _looks_the_same(source, destination, written):
        index.mark_original(settings.table, source.key)
    return etag
""",
    ),
    Mutation("other headers go unnoticed", "copy convergence _looks_the_same", " and (", " or ("),
    Mutation("a row that differs is not behind", FIND, "row is not None and row.etag != original.etag", "False"),
    Mutation("a missing row is behind", FIND, "row is not None and row.etag", "row is None or row.etag"),
    Mutation("stale derivatives are not deleted", PURGE, "objects.delete(settings.destination_bucket, storage_key, stored.etag)", "pass"),
    Mutation("what was purged is not invalidated", FIND, "if purged or behind:", "if behind:"),
    Mutation("the first pass does not invalidate", FIND, "since=index.now()), invalidates=True", "since=index.now()), invalidates=False"),
    Mutation("the second pass does not invalidate", FIND, "next_row=settled, invalidates=True", "next_row=settled, invalidates=False"),
    Mutation("the first pass settles", FIND, "OriginalRow(original.etag, since=index.now())", "settled"),
    Mutation("an early pass settles", FIND, "< settings.settle_seconds * 1000", "< 0"),
    Mutation("the first pass does not come back", FIND, "invalidates=True, comes_back=True", "invalidates=True"),
    Mutation("an early pass does not come back", FIND, "finding, comes_back=True)", "finding)"),
    Mutation("the row of a removed original is kept", FIND, "None if original.etag == REMOVED else ", ""),
    Mutation("young rows are forgotten", PURGE, ">= settings.settle_seconds * 1000", ">= 0"),
    Mutation("forgetting a derivative has no condition", "cloud index forget_derivative", '"written = :written"', '"attribute_not_exists(nothing)"'),
    Mutation("writing an original's row has no condition", "cloud index write_original", "ConditionExpression=condition, **with_values", ""),
    Mutation("forgetting an original has no condition", "cloud index forget_original", "ConditionExpression=condition", 'ConditionExpression="attribute_not_exists(nothing)"'),
)
