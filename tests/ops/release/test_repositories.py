"""The lifecycle of the functions' images in ECR."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

from botocore.exceptions import EndpointConnectionError

from ops.release.release import HISTORY
from ops.release.repositories import KEPT, bound_repositories
from ops.stack import Target

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
NAMES = ("images01234567/copyfunction0repo", "images01234567/resizefunction0repo")


def deployed(names: tuple[str, ...]) -> str:
    """Return a template as the SAM CLI packages it."""
    uris = "".join(f"  F{number}:\n    ImageUri: {HOST}/{name}:copy-0123\n" for number, name in enumerate(names))
    return f"Resources:\n{uris}  Other: public.ecr.aws/a/b:1\n"


def test_the_repositories_of_the_stack_and_no_others_keep_the_newest_images(
    aws: Callable[[str], Any], stacks: Any
) -> None:
    ecr = aws("ecr")
    for name in (*NAMES, "another/repo"):
        ecr.create_repository(repositoryName=name)
    stacks.template = deployed(NAMES)
    for _ in range(2):  # of the second release too
        bound_repositories(Target("images"))
    for name in NAMES:
        (rule,) = json.loads(ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])["rules"]
        assert rule["selection"] == {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": KEPT}
    try:
        ecr.get_lifecycle_policy(repositoryName="another/repo")
    except ecr.exceptions.LifecyclePolicyNotFoundException:
        return
    raise AssertionError("another repository has a lifecycle too")


def test_an_image_that_a_roll_back_needs_is_kept() -> None:
    assert KEPT >= 2 * HISTORY


def test_a_failure_is_only_a_warning(
    aws: Callable[[str], Any], stacks: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    del aws  # which has no repository
    stacks.template = deployed(NAMES[:1])
    bound_repositories(Target("images"))
    assert "old images are not removed" in capsys.readouterr().err


def test_an_unreachable_service_is_only_a_warning(
    aws: Callable[[str], Any], stacks: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del aws
    stacks.template = deployed(NAMES[:1])
    monkeypatch.setattr(stacks, "get_template", Mock(side_effect=EndpointConnectionError(endpoint_url="https://x")))
    bound_repositories(Target("images"))
    assert "deploy: old images are not removed: Could not connect" in capsys.readouterr().err
