"""The roles of continuous delivery: who may assume them, and that they reach nothing else."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from cfnlint.decode.cfn_yaml import load

from roles import VALUES, read_roles

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
BROAD = {
    "SendTraces",  # X-Ray's actions do not support resources
    "InspectTemplates",  # a template that is not yet that of a stack
    "LogInToTheRegistry",  # does not support resources
    "CreateSettings",  # as above
    "CreateEventSource",  # as above; limited by a condition on the function
    "QueriesAndMetricsOfTheEdge",  # as above
    "SeeWhetherWebsitesAreBlocked",  # a setting of the account
}


@pytest.fixture(scope="session")
def resources() -> dict[str, Any]:
    return read_roles()


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    document = role["PolicyDocument"] if "PolicyDocument" in role else role["Policies"][0]["PolicyDocument"]
    listed: list[dict[str, Any]] = document["Statement"]
    managed = role.get("ManagedPolicyArns", [])
    return [*listed, *(statement for policy in managed for statement in statements(policy))]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def roles(resources: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from ((name, item) for name, item in resources.items() if name.endswith("Role"))


def trust(role: dict[str, Any]) -> dict[str, Any]:
    document = role["AssumeRolePolicyDocument"]
    (statement,) = (json.loads(document) if isinstance(document, str) else document)["Statement"]
    return dict(statement)


def allows(role: dict[str, Any], action: str, resource: str = "*") -> bool:
    return any(
        action in as_list(statement["Action"])
        and any(fnmatchcase(resource, pattern) for pattern in as_list(statement["Resource"]))
        for statement in statements(role)
    )


def test_every_permission_names_its_actions_and_where_it_can_its_resources(resources: dict[str, Any]) -> None:
    for name, role in [*roles(resources), ("Boundary", resources["Boundary"])]:
        for statement in statements(role):
            assert statement["Effect"] == "Allow"
            for action in as_list(statement["Action"]):
                assert "*" not in action or action == "s3:GetBucket*", (name, action)
            assert "*" not in as_list(statement["Resource"]) or statement["Sid"] in BROAD, (name, statement["Sid"])


@pytest.mark.parametrize("name", ["ChangeSetRole", "ImagesReadRole", "CircleCiImagesReadRole"])
def test_a_pull_request_changes_nothing(resources: dict[str, Any], name: str) -> None:
    allowed = {action for statement in statements(resources[name]) for action in as_list(statement["Action"])}
    changing = {"cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet", "s3:PutObject"}
    reading = {action for action in allowed if re.match(r"\w+:(Get|List|Describe)", action)}
    assert allowed - reading <= changing


def test_a_pull_request_can_touch_change_sets_of_pull_requests_only(resources: dict[str, Any]) -> None:
    for statement in statements(resources["ChangeSetRole"]):
        if any("Delete" in action for action in as_list(statement["Action"])):
            assert statement["Condition"] == {"StringLike": {"cloudformation:ChangeSetName": "pull-request-*"}}


def test_a_pull_request_cannot_write_a_template_that_a_release_would_use(resources: dict[str, Any]) -> None:
    bucket = "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-1abc"
    for name in ("ImagesReadRole", "CircleCiImagesReadRole"):
        assert "s3:PutObject" not in actions(resources[name])
    role = resources["ChangeSetRole"]
    assert allows(role, "s3:PutObject", f"{bucket}/pull-requests/{VALUES['StackName']}/0123.template")
    for key in ("0123.template", "releases/images/0123.json", "pull-requests/another/0123.template"):
        assert not allows(role, "s3:PutObject", f"{bucket}/{key}")
        assert allows(resources["DeployRole"], "s3:PutObject", f"{bucket}/{key}")


def test_a_delivery_of_originals_reaches_only_the_source_bucket(resources: dict[str, Any]) -> None:
    source = "arn:aws:s3:::images-of-a-long-name-source-123456789012-ap-southeast-1"
    for name in ("ImagesRole", "CircleCiImagesRole"):
        role = resources[name]
        assert {each for item in statements(role) for each in as_list(item["Resource"])} == {source, f"{source}/*"}
        for action in ("s3:PutObject", "s3:GetObject", "s3:DeleteObject"):
            assert allows(role, action, f"{source}/photos/cat.jpg")
        assert not allows(role, "s3:DeleteObjectVersion", f"{source}/photos/cat.jpg")


def test_a_release_signs_its_smoke_test_and_pull_requests_see_no_key(resources: dict[str, Any]) -> None:
    function = "arn:aws:lambda:ap-southeast-1:123456789012:function:images-of-a-long-name-resize:live"
    readers = {name for name, role in roles(resources) if allows(role, "lambda:GetFunctionConfiguration", function)}
    assert readers == {"DeployRole", "ExecutionRole"}


def test_a_release_passes_one_role_and_no_role_is_made_without_the_boundary(resources: dict[str, Any]) -> None:
    (passing,) = [item for item in statements(resources["DeployRole"]) if item["Action"] == "iam:PassRole"]
    assert passing["Resource"].endswith("ExecutionRole-123456789012")
    assert not any("iam:" in action and action != "iam:PassRole" for action in actions(resources["DeployRole"]))
    for statement in statements(resources["ExecutionRole"]):
        if {"iam:CreateRole", "iam:PutRolePolicy"} & set(as_list(statement["Action"])):
            assert statement["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": VALUES["Boundary"]}}
    for action in ("iam:DeleteRolePermissionsBoundary", "iam:AttachRolePolicy", "iam:CreatePolicyVersion"):
        assert action not in actions(resources["ExecutionRole"])


def test_the_roles_that_can_be_made_are_those_of_the_stack(resources: dict[str, Any], written: dict[str, Any]) -> None:
    """And not those of infrastructure/delivery.yaml itself, whatever its stack is called."""
    made = {name for name, item in written["Resources"].items() if item["Type"] == "AWS::IAM::Role"}
    for statement in statements(resources["ExecutionRole"]):
        if any(action.startswith("iam:") for action in as_list(statement["Action"])):
            names = {arn.removesuffix("-*").rpartition("-")[2] for arn in statement["Resource"]}
            assert names == made, statement["Sid"]


def test_images_are_pushed_to_the_repositories_that_sam_makes(resources: dict[str, Any]) -> None:
    """Named by samcli/lib/bootstrap/companion_stack/data_types.py, for this stack and not for one like it."""
    digits = hashlib.md5(VALUES["StackName"].encode(), usedforsecurity=False).hexdigest()[:8]
    prefix = "arn:aws:ecr:ap-southeast-1:123456789012:repository/imagesofalongname"
    role = resources["DeployRole"]
    assert allows(role, "ecr:PutImage", f"{prefix}{digits}/copyfunction0123456789repo")
    assert not allows(role, "ecr:PutImage", f"{prefix}andanother{digits}/copyfunction0123456789repo")


def actions(role: dict[str, Any]) -> set[str]:
    return {action for statement in statements(role) for action in as_list(statement["Action"])}


def test_policies_are_within_the_limits_of_iam() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, white space not counted."""
    longest = read_roles(
        AWS_Partition="aws-us-gov",
        StackName="x" * 23,
        Environment="x" * 64,
        Repository="x" * 39 + "/" + "x" * 100,
        RepositoryOwnerId="1" * 20,
        RepositoryId="1" * 20,
        CircleCiOrigin="github.com/" + "x" * 100 + "/" + "x" * 100,
    )
    for name, role in roles(longest):
        assert len(json.dumps(role["Policies"][0]["PolicyDocument"], separators=(",", ":"))) <= 10_240, name
        assert len(json.dumps(trust(role), separators=(",", ":"))) <= 2_048, name
    for name in ("Boundary", "ExecutionPolicy"):
        assert len(json.dumps(longest[name]["PolicyDocument"], separators=(",", ":"))) <= 6_144, name


def test_the_execution_role_can_make_every_kind_of_resource(resources: dict[str, Any], gradual: dict[str, Any]) -> None:
    services = {
        "ApiGateway": "apigateway",
        "AppConfig": "appconfig",
        "CloudFront": "cloudfront",
        "CloudWatch": "cloudwatch",
        "CodeDeploy": "codedeploy",
        "DynamoDB": "dynamodb",
        "Events": "events",
        "IAM": "iam",
        "Lambda": "lambda",
        "Logs": "logs",
        "S3": "s3",
        "SQS": "sqs",
    }
    made = {resource["Type"].split("::")[1] for resource in gradual["Resources"].values()}
    allowed = {action.split(":")[0] for action in actions(resources["ExecutionRole"])}
    assert {services[each] for each in made} <= allowed


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.name)
def test_the_workflows_use_pinned_actions_and_no_secret(path: Path) -> None:
    text = path.read_text()
    for used in re.findall(r"uses: (\S+)", text):
        assert used.startswith("./") or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", used), used
    assert "secrets." not in text
    assert "\npermissions: {}\n" in text


def test_the_variables_of_the_workflows_are_the_outputs_of_the_roles_template() -> None:
    outputs = load(str(ROOT / "infrastructure/delivery.yaml"))["Outputs"]
    described = {word for output in outputs.values() for word in re.findall(r"\b[A-Z_]+_ARN\b", output["Description"])}
    workflows = "".join(path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yml"))
    assert set(re.findall(r"vars\.(\w+_ARN)", workflows)) == described


def steps(job: dict[str, Any]) -> Iterator[str]:
    for step in job.get("steps", []):
        run = step.get("run") if isinstance(step, dict) else None
        if run:
            yield run if isinstance(run, str) else run["command"]


@pytest.mark.parametrize(
    "path", [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), ROOT / ".circleci" / "config.yml"], ids=str
)
def test_the_scripts_of_the_workflows_pass_shellcheck(path: Path) -> None:
    """The linters of workflows leave this to a program that they don't find."""
    shellcheck = Path(sys.executable).with_name("shellcheck")
    for job in yaml.safe_load(path.read_text())["jobs"].values():
        for script in steps(job):
            plain = re.sub(r"<< [\w.]+ >>", "true", script)  # CircleCI's parameters
            command = [str(shellcheck), "--shell=bash", "-"]
            done = subprocess.run(command, input=plain, capture_output=True, text=True, check=False)  # noqa: S603
            assert (done.returncode, done.stdout) == (0, ""), script


def test_prod_gets_the_images_that_staging_was_tested_with() -> None:
    """They are built once; a release loads them, compares their digests, and builds nothing."""
    folder = ROOT / ".github" / "workflows"
    deploy = yaml.safe_load((folder / "deploy.yml").read_text())["jobs"]
    release = yaml.safe_load((folder / "release.yml").read_text())["jobs"]
    assert (deploy["staging"]["needs"], deploy["prod"]["needs"]) == ("build", "staging")
    building = [script for job in deploy.values() for script in steps(job) if re.search(r"make (build|deploy)", script)]
    assert building == ["make build CONFIG=prod"]
    scripts = list(steps(release["release"]))
    load = next(number for number, script in enumerate(scripts) if "docker load" in script)
    assert "| diff images.txt -" in scripts[load]
    assert scripts.index('make deploy CONFIG="$CONFIG" BUILT=1') > load
    assert not any("make build" in script for script in scripts)


def test_circleci_delivers_as_github_does() -> None:
    """The same program with the same arguments, and roles of the same names."""
    circle = (ROOT / ".circleci" / "config.yml").read_text()
    github = (ROOT / ".github" / "workflows" / "images.yml").read_text()
    for arguments in ('originals "$SOURCE_BUCKET" --dry-run', 'originals "$SOURCE_BUCKET" "$@"\n'):
        assert f".venv/tools/sync/bin/python -m ops sync {arguments}" in circle
    assert '.venv/tools/sync/bin/python -m ops sync originals "$SOURCE_BUCKET"' in github
    for text in (circle, github):
        assert "bin/setup sync\n" in text
        assert "remove_many" in text
    assert {"IMAGES_ROLE_ARN", "IMAGES_READ_ROLE_ARN"} <= set(re.findall(r"[A-Z_]+_ARN", circle))
