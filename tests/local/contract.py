"""Checks whether docs/openapi.yaml describes an answer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import yaml
from jsonschema import Draft202012Validator

from local.cloudfront.behaviour import normalize

if TYPE_CHECKING:
    from .running import Response

DOCUMENT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docs" / "openapi.yaml").read_text())


def template_of(path: str) -> str:
    """Return the document's path for a request; the distribution chooses by the normalized path."""
    path = path.partition("?")[0]
    first = path[1:].partition("/")[0]
    if normalize(path).startswith("/resize/"):
        return "/resize/{transform}/{key}"
    is_transform = re.search(r"[=,]|^\d*x\d*$", unquote(first)) and first != "x"
    return "/{transform}/{key}" if is_transform else "/{key}"


def resolve(value: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference inside the document; values beside it take precedence."""
    if "$ref" not in value:
        return value
    target: dict[str, Any] = DOCUMENT
    for name in value["$ref"].removeprefix("#/").split("/"):
        target = target[name]
    return {**target, **{name: item for name, item in value.items() if name != "$ref"}}


def find_deviation(method: str, path: str, answer: Response) -> str | None:
    """Return in which way an answer differs from the document, or None."""
    operation = DOCUMENT["paths"][template_of(path)].get(method.lower())
    if operation is None:
        return None if answer.status in {403, 405} else f"{method} is not described, and is answered"
    if str(answer.status) not in operation["responses"]:
        return "the status is not described"
    response = resolve(operation["responses"][str(answer.status)])
    for name, header in response.get("headers", {}).items():
        value = answer.headers.get(name.lower())
        if value is None and not header.get("required"):
            continue
        if value is None or not Draft202012Validator(header["schema"]).is_valid(value):
            return f"{name} is {value!r}"
    content = response.get("content", {})
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if content and kind not in content and "*/*" not in content:
        return f"the type {kind!r} is not described"
    schema = content.get(kind, {}).get("schema")
    if schema and method != "HEAD" and not Draft202012Validator(resolve(schema)).is_valid(json.loads(answer.body)):
        return "the body is not described"
    return None
