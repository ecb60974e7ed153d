"""The history of releases: what was deployed, kept in the bucket for templates, and the way back to it.

Every deployment keeps the release that it replaces, so that any machine can go back to it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from ops.errors import CommandFailed
from ops.stack import find_stack, no_stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ops.release.template_bucket import TemplateBucket
    from ops.stack import Target

MASK = "****"
"""What CloudFormation returns for a parameter with NoEcho."""
GRADUAL = "GradualRelease"
"""With this parameter an alarm stops a release. An alarm that is on already would stop going back."""
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
PATIENCE = {"Delay": 10, "MaxAttempts": 360}
"""An hour: a distribution takes up to half of it."""
HISTORY = 20
"""Releases that are read at most."""


@dataclass(frozen=True, slots=True)
class Release:
    """A deployed release: the packaged template, which names images by their digest, its parameters and tags."""

    stack: str
    """The stack's id: a stack that was created again under the same name has another one."""
    template: str
    parameters: dict[str, str]
    tags: dict[str, str]

    def serves_like(self, other: Release) -> bool:
        """Tell whether two releases serve the same, however they were rolled out."""
        return (self.stack, self.template, self.tags) == (other.stack, other.template, other.tags) and (
            {**self.parameters, GRADUAL: ""} == {**other.parameters, GRADUAL: ""}
        )


def read_release(formation: Any, name: str) -> Release | None:  # noqa: ANN401 - boto3's cloudformation client
    """Return the deployed release of a stack, or None."""
    stack = find_stack(formation, name)
    if stack is None:
        return None
    body = formation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    return Release(
        stack["StackId"],
        body if isinstance(body, str) else json.dumps(body, separators=(",", ":")),
        {item["ParameterKey"]: item["ParameterValue"] for item in stack.get("Parameters", [])},
        {item["Key"]: item["Value"] for item in stack.get("Tags", [])},
    )


def remember(release: Release, name: str, bucket: TemplateBucket) -> bool:
    """Keep a release of a stack, unless the newest one that is kept is the same; return whether it was kept."""
    newest = next(_read_history(name, bucket), None)
    if newest is not None and newest.serves_like(release):
        return False
    text = json.dumps(asdict(release))
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    bucket.put(f"{_prefix(name)}{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{digest}.json", text)
    return True


def roll_back(target: Target, bucket: TemplateBucket) -> str:
    """Deploy the previous release at once, and return the stack's status. Raises CommandFailed, ClientError."""
    formation, name = target.aws.client("cloudformation"), target.name
    now = read_release(formation, name)
    if now is None:
        raise CommandFailed(no_stack(target))
    before = choose_release(tuple(islice(_read_history(name, bucket), HISTORY)), now)
    digest = hashlib.sha256(before.template.encode()).hexdigest()
    try:
        formation.update_stack(
            StackName=name,
            TemplateURL=bucket.put(f"{_prefix(name)}{digest}.template", before.template),
            Parameters=_choose_parameters(before, now),
            Capabilities=CAPABILITIES,
            Tags=[{"Key": key, "Value": value} for key, value in before.tags.items()],
        )
        formation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig=PATIENCE)
    except WaiterError as error:
        raise CommandFailed(f"rolling back failed too:  {error}") from error
    except ClientError as error:
        if "No updates are to be performed" not in error.response["Error"]["Message"]:
            raise
    return str(formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])


def choose_release(history: Sequence[Release], now: Release) -> Release:
    """Return the release before the deployed one, of a history with the newest first. Raises CommandFailed.

    Deployments that changed nothing, or failed, do not count. Going back twice goes back two releases.
    """
    same = [number for number, release in enumerate(history) if release.serves_like(now)]
    older = history[same[0] :] if same else history
    for release in older:
        if release.stack == now.stack and not release.serves_like(now):
            return release
    raise CommandFailed("the bucket for templates has no earlier release of this stack")


def _read_history(name: str, bucket: TemplateBucket) -> Iterator[Release]:
    """Yield the kept releases, the newest first."""
    for key in reversed(bucket.list(_prefix(name))):
        if key.endswith(".json"):
            yield Release(**json.loads(bucket.read(key)))


def _prefix(name: str) -> str:
    return f"releases/{name}/"


def _choose_parameters(before: Release, now: Release) -> list[dict[str, Any]]:
    """Return the earlier parameters; secrets, which are masked, stay as they are. Raises CommandFailed."""
    if lost := {name for name, value in before.parameters.items() if value == MASK} - set(now.parameters):
        raise CommandFailed(f"the earlier release had secrets that the stack no longer has: {', '.join(sorted(lost))}")
    given = before.parameters | ({GRADUAL: "false"} if GRADUAL in before.parameters else {})
    return [
        {"ParameterKey": name, **({"UsePreviousValue": True} if value == MASK else {"ParameterValue": value})}
        for name, value in given.items()
    ]
