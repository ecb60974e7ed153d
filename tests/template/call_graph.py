"""Which calls to AWS a function's code can make, read from its source: from its `app` down into `functions/cloud`."""

from __future__ import annotations

import ast
from pathlib import Path

FUNCTIONS = Path(__file__).parents[2] / "functions"

Node = tuple[str, str]
"""A module and one of its top-level names."""

Operation = tuple[str, str]
"""A client of `cloud.clients` and its method, as ("s3", "get_object")."""


class Program:
    """The modules of one function: its folder's own, and those of `cloud`."""

    def __init__(self, function: str) -> None:
        """Parse them."""
        paths = {
            ".".join(path.relative_to(FUNCTIONS).with_suffix("").parts): path
            for package in (function, "cloud")
            for path in (FUNCTIONS / package).rglob("*.py")
        }
        self._start = (f"{function}.app", "handler")
        self._trees = {name: ast.parse(path.read_text()) for name, path in paths.items()}
        self._definitions = {
            (module, name): statement
            for module, tree in self._trees.items()
            for statement in tree.body
            for name in _defined(statement)
        }
        self._imports = {module: self._read_imports(tree) for module, tree in self._trees.items()}

    def operations(self, start: Node | None = None) -> set[Operation]:
        """Return every call that can be reached from a definition; whatever is named there may be called."""
        found: set[Operation] = set()
        seen: set[Node] = set()
        waiting = [start or self._start]
        while waiting:
            node = waiting.pop()
            if node in seen or node not in self._definitions:
                continue
            seen.add(node)
            tree = self._definitions[node]
            found |= {operation for child in ast.walk(tree) if (operation := self._operation(node[0], child))}
            waiting += [self._resolve(node[0], child) for child in ast.walk(tree)]
        return found

    def _read_imports(self, tree: ast.Module) -> dict[str, Node]:
        """Return what a module's imported names stand for; a module itself is one without a name in it."""
        imports = {}
        for statement in ast.walk(tree):
            if isinstance(statement, ast.ImportFrom) and statement.module:
                for alias in statement.names:
                    module = f"{statement.module}.{alias.name}"
                    target = (module, "") if module in self._trees else (statement.module, alias.name)
                    imports[alias.asname or alias.name] = target
            elif isinstance(statement, ast.Import):
                imports |= {alias.asname or alias.name: (alias.name, "") for alias in statement.names}
        return imports

    def _resolve(self, module: str, node: ast.AST) -> Node:
        if isinstance(node, ast.Name):
            return self._imports[module].get(node.id, (module, node.id))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return (self._imports[module].get(node.value.id, ("", ""))[0], node.attr)
        return ("", "")

    def _operation(self, module: str, node: ast.AST) -> Operation | None:
        """Return the operation of `s3().get_object(...)`, or of `dynamodb().get_paginator("query")`."""
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            return None
        client = node.func.value
        if not isinstance(client, ast.Call) or self._resolve(module, client.func)[0] != "cloud.clients":
            return None
        name = self._resolve(module, client.func)[1]
        if node.func.attr == "get_paginator":
            argument = node.args[0]
            assert isinstance(argument, ast.Constant), "an operation that only a run can know"
            return name, str(argument.value)
        return name, node.func.attr


def _defined(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    return []
