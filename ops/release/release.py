"""What was deployed before a release, and the way back to it.

Whoever deploys keeps what is there in the bucket of templates, so that there is a way back from any machine.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from ops.stack import Inoperable, find_stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ops.release.template_bucket import TemplateBucket

MASK = "****"
"""What CloudFormation shows of a parameter with NoEcho."""
GRADUAL = "GradualRelease"
"""The parameter that lets alarms stop a release: one that rings already would stop the way back."""
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
PATIENCE = {"Delay": 10, "MaxAttempts": 360}
"""An hour: a distribution takes up to half of it."""
HISTORY = 20
"""How many releases are looked through."""


@dataclass(frozen=True, slots=True)
class Release:
    """What is, or was, deployed: the packaged template, which names images by their content, and what it was given."""

    stack: str
    """The stack's id: another one of the same name is another stack."""
    template: str
    parameters: dict[str, str]
    tags: dict[str, str]

    def is_like(self, other: Release) -> bool:
        """Tell whether two releases serve alike, however they were rolled out."""
        return (self.stack, self.template, self.tags) == (other.stack, other.template, other.tags) and (
            {**self.parameters, GRADUAL: ""} == {**other.parameters, GRADUAL: ""}
        )


def read_release(formation: Any, name: str) -> Release | None:  # noqa: ANN401 - boto3's cloudformation client
    """Return what is deployed as a stack, or None where nothing is."""
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
    """Keep a release of a stack, unless it is the newest one that is kept; return whether it was not."""
    newest = next(_read_history(name, bucket), None)
    if newest is not None and newest.is_like(release):
        return False
    text = json.dumps(asdict(release))
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    bucket.put(f"{_prefix(name)}{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{digest}.json", text)
    return True


def roll_back(formation: Any, name: str, bucket: TemplateBucket) -> str:  # noqa: ANN401 - as above
    """Deploy again what was deployed before, at once, and return the stack's status. Raises Inoperable, ClientError."""
    now = read_release(formation, name)
    if now is None:
        raise Inoperable(f"There is no stack {name!r} here.")
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
        raise Inoperable(f"Going back failed too: {error}") from error
    except ClientError as error:
        if "No updates are to be performed" not in error.response["Error"]["Message"]:
            raise
    return str(formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])


def choose_release(history: Sequence[Release], now: Release) -> Release:
    """Return the release before the one that is deployed, of a history that has the newest first. Raises Inoperable.

    A deployment that changed nothing, or failed, is none; and who goes back twice goes back further.
    """
    same = [number for number, release in enumerate(history) if release.is_like(now)]
    older = history[same[0] :] if same else history
    for release in older:
        if release.stack == now.stack and not release.is_like(now):
            return release
    raise Inoperable("Nothing was deployed before, as far as the bucket of templates knows.")


def _read_history(name: str, bucket: TemplateBucket) -> Iterator[Release]:
    """Yield the releases that were kept, the newest first."""
    for key in reversed(bucket.list(_prefix(name))):
        if key.endswith(".json"):
            yield Release(**json.loads(bucket.read(key)))


def _prefix(name: str) -> str:
    return f"releases/{name}/"


def _choose_parameters(before: Release, now: Release) -> list[dict[str, Any]]:
    """Return the parameters of before; a secret, which nobody is shown, stays as it is. Raises Inoperable."""
    if lost := {name for name, value in before.parameters.items() if value == MASK} - set(now.parameters):
        raise Inoperable(f"The release before had secrets that the stack no longer has: {', '.join(sorted(lost))}.")
    given = before.parameters | ({GRADUAL: "false"} if GRADUAL in before.parameters else {})
    return [
        {"ParameterKey": name, **({"UsePreviousValue": True} if value == MASK else {"ParameterValue": value})}
        for name, value in given.items()
    ]
