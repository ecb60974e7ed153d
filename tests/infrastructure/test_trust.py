"""Tokens that may and may not assume the roles of continuous delivery, by IAM's own comparison of strings."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from roles import VALUES, read_roles

GITHUB = "token.actions.githubusercontent.com"
CIRCLECI = f"oidc.circleci.com/org/{VALUES['CircleCiOrganization']}"
USER = "00000000-0000-4000-8000-000000000003"
PROJECT = f"org/{VALUES['CircleCiOrganization']}/project/{VALUES['CircleCiProject']}"
ORIGIN = VALUES["CircleCiOrigin"]
MAIN = f"vcs-origin/{ORIGIN}/vcs-ref/refs/heads/main"
SUBJECTS = {
    "DeployRole": "environment:prod",
    "ChangeSetRole": "pull_request",
    "ImagesRole": "ref:refs/heads/main",
    "ImagesReadRole": "pull_request",
}


def is_like(value: str, pattern: str) -> bool:
    """Compare as StringLike does: case counts, `*` is any text, slashes too, and `?` any one character."""
    parts = {"*": ".*", "?": "."}
    expression = "".join(parts.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, value, re.DOTALL) is not None


def is_trusted(role: dict[str, Any], claims: dict[str, str]) -> bool:
    """Say whether a token with these claims may assume a role."""
    document = role["AssumeRolePolicyDocument"]
    (statement,) = (json.loads(document) if isinstance(document, str) else document)["Statement"]
    compare = {"StringEquals": str.__eq__, "StringLike": is_like}
    conditions = [
        (compare[operator], claims.get(key, ""), [patterns] if isinstance(patterns, str) else patterns)
        for operator, keys in statement["Condition"].items()
        for key, patterns in keys.items()
    ]
    assert len(conditions) == 2, "audience and subject"
    return all(any(test(value, pattern) for pattern in patterns) for test, value, patterns in conditions)


def github(subject: str, audience: str = "sts.amazonaws.com") -> dict[str, str]:
    return {f"{GITHUB}:aud": audience, f"{GITHUB}:sub": subject}


def circleci(subject: str, audience: str = VALUES["CircleCiOrganization"]) -> dict[str, str]:
    return {f"{CIRCLECI}:aud": audience, f"{CIRCLECI}:sub": subject}


def test_the_comparison_is_that_of_iam() -> None:
    assert is_like("a/b/c", "a/*")
    assert is_like("a/c", "a?c")
    assert not is_like("A/b", "a/*")
    assert not is_like("a/bc", "a/?")
    assert not is_like("a+b", "a.b")


@pytest.mark.parametrize("role", SUBJECTS)
def test_both_forms_of_githubs_subject_are_trusted(role: str) -> None:
    roles = read_roles()
    for repository in ("example/transcoder", "example@1001/transcoder@2002"):
        assert is_trusted(roles[role], github(f"repo:{repository}:{SUBJECTS[role]}"))
        assert not is_trusted(roles[role], github(f"repo:{repository}:{SUBJECTS[role]}", "https://github.com/example"))


@pytest.mark.parametrize(
    "repository",
    [
        "example@1001/transcoder@2003",  # another repository that has taken over the name
        "example@1002/transcoder@2002",
        "example@1001/transcoder",
        "example/transcoder@2002",
        "Example/transcoder",
        "example/transcoder-fork",
        "attacker/example/transcoder",
        "example@*/transcoder@*",
    ],
)
@pytest.mark.parametrize("role", SUBJECTS)
def test_no_other_repository_is_trusted(role: str, repository: str) -> None:
    assert not is_trusted(read_roles()[role], github(f"repo:{repository}:{SUBJECTS[role]}"))


@pytest.mark.parametrize("role", SUBJECTS)
def test_no_other_job_is_trusted(role: str) -> None:
    others = {
        *SUBJECTS.values(),
        "environment:production",
        "environment:prod:x",
        "ref:refs/heads/main2",
        "ref:refs/heads/x/environment:prod",
        "ref:refs/tags/main",
    } - {SUBJECTS[role]}
    for subject in others:
        for repository in ("example/transcoder", "example@1001/transcoder@2002"):
            assert not is_trusted(read_roles()[role], github(f"repo:{repository}:{subject}")), subject


@pytest.mark.parametrize("role", SUBJECTS)
def test_without_ids_only_the_older_form_is_trusted(role: str) -> None:
    found = read_roles(RepositoryOwnerId="", RepositoryId="")[role]
    assert is_trusted(found, github(f"repo:example/transcoder:{SUBJECTS[role]}"))
    for repository in ("example@1001/transcoder@2002", "example@/transcoder@"):
        assert not is_trusted(found, github(f"repo:{repository}:{SUBJECTS[role]}"))


def test_a_repository_of_originals_has_ids_of_its_own() -> None:
    given = {"ImagesRepository": "other/photos", "ImagesRepositoryOwnerId": "7", "ImagesRepositoryId": "8"}
    role = read_roles(**given)["ImagesRole"]
    for repository in ("other/photos", "other@7/photos@8"):
        assert is_trusted(role, github(f"repo:{repository}:ref:refs/heads/main"))
    for repository in ("other@1001/photos@2002", "example/transcoder", "example@1001/transcoder@2002"):
        assert not is_trusted(role, github(f"repo:{repository}:ref:refs/heads/main"))
    without = read_roles(ImagesRepository="other/photos")["ImagesRole"]
    assert is_trusted(without, github("repo:other/photos:ref:refs/heads/main"))
    assert not is_trusted(without, github("repo:other@1001/photos@2002:ref:refs/heads/main"))


def test_circleci_delivers_from_main_and_shows_other_branches() -> None:
    roles = read_roles()
    branch = f"{PROJECT}/user/{USER}/vcs-origin/{ORIGIN}/vcs-ref/refs/heads/a/branch"
    assert is_trusted(roles["CircleCiImagesRole"], circleci(f"{PROJECT}/user/{USER}/{MAIN}"))
    assert not is_trusted(roles["CircleCiImagesRole"], circleci(branch))
    assert is_trusted(roles["CircleCiImagesReadRole"], circleci(branch))
    assert not is_trusted(roles["CircleCiImagesRole"], circleci(f"{PROJECT}/user/{USER}/{MAIN}", "another"))


@pytest.mark.parametrize(
    "rest",
    [
        f"user/{USER}/vcs-origin/{ORIGIN}/vcs-ref/refs/heads/x/vcs-ref/refs/heads/main",  # a branch of this name
        f"user/{USER}/vcs-origin/{ORIGIN}/vcs-ref/refs/heads/x/{MAIN}",
        f"user/{USER}/vcs-origin/{ORIGIN}/vcs-ref/refs/tags/main",
        f"user/{USER}/vcs-origin/{ORIGIN}/vcs-ref/refs/heads/main2",
        f"user/{USER}/vcs-origin/github.com/attacker/transcoder/vcs-ref/refs/heads/main",
        f"user/{USER}/vcs-origin/github.com/attacker/x/{MAIN}",
        f"user/{USER}/x/{MAIN}",
        f"user//{MAIN}",
        f"user/{USER}",
    ],
)
def test_circleci_delivers_from_nothing_else(rest: str) -> None:
    assert not is_trusted(read_roles()["CircleCiImagesRole"], circleci(f"{PROJECT}/{rest}"))


def test_a_fork_does_not_even_read() -> None:
    fork = f"{PROJECT}/user/{USER}/vcs-origin/github.com/attacker/transcoder/vcs-ref/refs/heads/main"
    assert not is_trusted(read_roles()["CircleCiImagesReadRole"], circleci(fork))


def test_another_project_of_the_organization_is_not_trusted() -> None:
    other = f"org/{VALUES['CircleCiOrganization']}/project/{USER}/user/{USER}/{MAIN}"
    for name in ("CircleCiImagesRole", "CircleCiImagesReadRole"):
        assert not is_trusted(read_roles()[name], circleci(other))
