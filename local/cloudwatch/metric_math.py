"""CloudWatch's metric math as used by the deployed dashboard: arithmetic, FILL, PERIOD and SERVICE_QUOTA.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html

Expressions have Python's syntax, so Python's parser reads them; they are never executed as code.
"""

from __future__ import annotations

import ast
import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Series: TypeAlias = list[float | None]
"""A value for each period; None means no data."""
Value: TypeAlias = float | Series

_OPERATORS: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True, slots=True)
class Operands:
    """Values of an expression's ids: series, the quotas of some of them, and the period in seconds."""

    series: Mapping[str, Series]
    period: float
    periods: int
    quotas: Mapping[str, float] = field(default_factory=dict)


def find_names(expression: str) -> frozenset[str]:
    """Return the ids in an expression. Raises ValueError for a syntax error."""
    nodes = list(ast.walk(_parse(expression)))
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name)) - called


def evaluate(expression: str, operands: Operands) -> Series:
    """Return a value for each period; None where an operand has none, and for a division by zero.

    Raises ValueError for a syntax error, an unknown id, and unsupported functions.
    """
    value = _evaluate(_parse(expression), operands)
    return value if isinstance(value, list) else [value] * operands.periods


def _parse(expression: str) -> ast.expr:
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"syntax error in {expression}") from error


def _evaluate(node: ast.expr, operands: Operands) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id=name) if name in operands.series:
            return operands.series[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _combine(_OPERATORS[type(op)], _evaluate(left, operands), _evaluate(right, operands))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _combine(operator.sub, 0.0, _evaluate(operand, operands))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](arguments, operands)
    raise ValueError(f"not supported: {ast.unparse(node)}")


def _combine(operation: Callable[[float, float], float], left: Value, right: Value) -> Value:
    def apply(one: float | None, other: float | None) -> float | None:
        try:
            return None if one is None or other is None else operation(one, other)
        except ZeroDivisionError:
            return None

    if isinstance(left, list) or isinstance(right, list):
        length = len(left) if isinstance(left, list) else len(right) if isinstance(right, list) else 0
        pairs = zip(_spread(left, length), _spread(right, length), strict=True)
        return [apply(one, other) for one, other in pairs]
    if (number := apply(left, right)) is None:
        raise ValueError("division by zero")
    return number


def _spread(value: Value, length: int) -> Series:
    return value if isinstance(value, list) else [value] * length


def _fill(arguments: list[ast.expr], operands: Operands) -> Value:
    """FILL(series, number): replace missing values by the number."""
    match [_evaluate(argument, operands) for argument in _expect(2, arguments)]:
        case [list(series), float(number)]:
            return [number if value is None else value for value in series]
    raise ValueError("FILL takes a series and a number")


def _period(arguments: list[ast.expr], operands: Operands) -> Value:
    """PERIOD(series): the period in seconds, which is the same for all series here."""
    (argument,) = _expect(1, arguments)
    _evaluate(argument, operands)
    return operands.period


def _service_quota(arguments: list[ast.expr], operands: Operands) -> Value:
    """SERVICE_QUOTA(id): the account's limit for the metric."""
    (argument,) = _expect(1, arguments)
    if not isinstance(argument, ast.Name) or argument.id not in operands.quotas:
        raise ValueError(f"no quota for {ast.unparse(argument)}")
    return operands.quotas[argument.id]


def _expect(number: int, arguments: list[ast.expr]) -> list[ast.expr]:
    if len(arguments) != number:
        raise ValueError(f"expected {number} arguments, got {len(arguments)}")
    return arguments


_FUNCTIONS: Final[Mapping[str, Callable[[list[ast.expr], Operands], Value]]] = {
    "FILL": _fill,
    "PERIOD": _period,
    "SERVICE_QUOTA": _service_quota,
}
