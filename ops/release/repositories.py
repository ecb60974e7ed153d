"""The repositories of the functions' images, which the SAM CLI creates and never empties."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import describe

if TYPE_CHECKING:
    from ops.stack import Target

KEPT = 50
"""Images of each repository: more than the releases that `roll-back` can return to, and as many failed ones."""
LIFECYCLE = {
    "rules": [
        {
            "rulePriority": 1,
            "description": "The newest images, among them those of all releases that roll-back can return to",
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": KEPT},
            "action": {"type": "expire"},
        }
    ]
}
NAME = re.compile(r"\b\d{12}\.dkr\.ecr\.[a-z0-9-]+\.[a-z.]+/([a-z0-9._/-]+)[@:]")
"""A repository in the address of an image."""


def bound_repositories(target: Target) -> None:
    """Let the repositories of a deployed stack keep the newest images; where that is not possible, only warn."""
    try:
        body = target.aws.client("cloudformation").get_template(StackName=target.name, TemplateStage="Original")
        names = set(NAME.findall(json.dumps(body["TemplateBody"])))
        for name in sorted(names):
            target.aws.client("ecr").put_lifecycle_policy(
                repositoryName=name, lifecyclePolicyText=json.dumps(LIFECYCLE)
            )
    except (BotoCoreError, ClientError) as error:
        print(f"deploy: old images are not removed: {describe(error)}", file=sys.stderr)
