"""The derivative that the smoke test requests: one that the stack allows, signed where that is required."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from ops.errors import CommandFailed

if TYPE_CHECKING:
    from ops.stack import Deployed

BOX = "20x10"
"""The transform for a stack that allows every size."""
READABLE = ("webp", "jpeg", "gif")
"""Types whose size can be measured, for a stack that does not allow PNG."""


def choose_transform(stack: Deployed) -> str:
    """Return a transform that the stack allows, unsigned. Raises CommandFailed where there is none."""
    parameters = stack.parameters
    presets = [text.partition(":")[2] for text in parameters.get("Presets", "").split(";") if text]
    if parameters.get("Transforms") == "presets":
        if not presets:
            raise CommandFailed("this stack allows presets only, and has none")
        return presets[0]
    size = parameters.get("AllowedDimensions", "").split(",")[0] or BOX
    types = parameters.get("AllowedTypes", "png").split(",")
    if "png" in types:
        return size
    return f"{size},f={next((name for name in READABLE if name in types), types[0])}"


def read_signing_key(stack: Deployed) -> str:
    """Return the key of a stack that requires signatures, and "" for any other."""
    if stack.parameters.get("Transforms") != "signed":
        return ""
    configuration = stack.client("lambda").get_function_configuration(
        FunctionName=f"{stack.name}-resize", Qualifier="live"
    )
    key: str = configuration["Environment"]["Variables"]["SIGNING_KEY"]
    return key


def sign(transform: str, key: str, secret: str) -> str:
    """Return a canonical transform of a key with its signature; without a secret the transform itself."""
    if not secret:
        return transform
    digest = hmac.digest(secret.encode(), f"{transform}/{key}".encode(), hashlib.sha256)
    return f"{transform},s={base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
