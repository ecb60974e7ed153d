"""The environments of samconfig.toml, as `sam deploy --config-env` reads them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parent.parent
PATH = ROOT / "samconfig.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """How an environment is deployed. `s3_bucket` is "" where the SAM CLI uses a bucket of its own."""

    stack_name: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    s3_bucket: str = ""


def read_settings(config: str, path: Path = PATH) -> Settings:
    """Return the settings of an environment. Raises UsageError for an unknown one, and for a file that is not valid."""
    try:
        environments = tomllib.loads(path.read_text())
        section = environments[config]["deploy"]["parameters"]
        overrides = section.get("parameter_overrides", [])
        parameters = dict(override.split("=", 1) for override in overrides)
        return Settings(str(section["stack_name"]), parameters, str(section.get("s3_bucket", "")))
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error
    except (KeyError, TypeError):
        known = ", ".join(name for name, value in environments.items() if isinstance(value, dict) and "deploy" in value)
        raise UsageError(f"{path.name} has no environment {config!r} to deploy (it has: {known})") from None
    except ValueError as error:
        raise UsageError(f"{path.name} is not valid: {error}") from error
