"""Shows as Markdown what the template would change in a stack, by a change set that is never executed."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import WaiterError
from samtranslator.yaml_helper import yaml_parse

from ops.release.release import CAPABILITIES
from ops.release.template_bucket import add_bucket_option, find_bucket
from ops.settings import ROOT
from ops.stack import add_stack_options, find_stack, find_target, read_target_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ops.release.template_bucket import TemplateBucket
    from ops.settings import Settings

NO_IMAGE = "{account}.dkr.ecr.{region}.amazonaws.com/not-built:{tag}"
"""Replaces an image that is not built yet; CloudFormation looks for it only when a change set is executed."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one resource. `replacement` is CloudFormation's: True, False or Conditional."""

    action: str
    resource: str
    kind: str
    replacement: str
    properties: tuple[str, ...]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_stack_options(parser)
    add_bucket_option(parser)
    parser.add_argument("--code-changes", action="store_true", help="assume new images of the functions")


def run(options: argparse.Namespace) -> int:
    """Print the changes."""
    target = find_target(options)
    settings = read_target_settings(options, target)
    changes = read_changes(
        target.aws.client("cloudformation"),
        settings,
        lambda: find_bucket(settings, target.aws, options.bucket),
        code_changes=options.code_changes,
    )
    print(write_markdown(settings.stack_name, changes))
    return 0


def make_template(deployed: Mapping[str, Any] | None, *, code_changes: bool) -> dict[str, Any]:
    """Return the template with an image for each function: the deployed one, unless the functions' code changes.

    The Metadata that the SAM CLI adds when it deploys is added too, so that it is not shown as a change.
    """
    template: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    placeholder = NO_IMAGE.format(account="0" * 12, region="us-east-1", tag=secrets.token_hex(4))
    for name, resource in template["Resources"].items():
        before = (deployed or {}).get("Resources", {}).get(name, {})
        if "Metadata" in before:
            resource["Metadata"] = before["Metadata"]
        if resource["Type"] == "AWS::Serverless::Function":
            image = before.get("Properties", {}).get("ImageUri")
            resource["Properties"]["ImageUri"] = placeholder if code_changes or not image else image
    return template


def read_changes(
    formation: Any,  # noqa: ANN401 - boto3's cloudformation client
    settings: Settings,
    bucket: Callable[[], TemplateBucket],
    *,
    code_changes: bool,
) -> tuple[Change, ...]:
    """Make a change set of an environment's stack, read it, and delete it. Raises ClientError, CommandFailed.

    `bucket` returns the bucket for its template; it is called only where there is a stack.
    """
    name = settings.stack_name
    stack = find_stack(formation, name)
    if stack is None:
        # A change set would leave an empty stack behind, and deleting that takes the permission to delete stacks.
        template = make_template(None, code_changes=True)
        return tuple(Change("Add", each, item["Type"], "", ()) for each, item in template["Resources"].items())
    body = formation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    template = make_template(yaml_parse(body) if isinstance(body, str) else body, code_changes=code_changes)
    identity = {"StackName": name, "ChangeSetName": f"pull-request-{secrets.token_hex(8)}"}
    formation.create_change_set(
        **identity,
        ChangeSetType="UPDATE",
        TemplateURL=_upload(template, name, bucket()),
        Parameters=list(_choose_parameters(template["Parameters"], stack, settings.parameters)),
        Capabilities=CAPABILITIES,
    )
    try:
        return _read(formation, identity)
    finally:
        formation.delete_change_set(**identity)


def _upload(template: Mapping[str, Any], name: str, bucket: TemplateBucket) -> str:
    """Upload the template to a prefix that pull requests may write and no release reads; return its address."""
    text = json.dumps(template, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return bucket.put(f"pull-requests/{name}/{digest}.template", text)


def _choose_parameters(
    parameters: Iterable[str], stack: Mapping[str, Any], given: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield the parameters as `sam deploy` would: those of samconfig.toml, else those of the stack."""
    known = {parameter["ParameterKey"] for parameter in stack.get("Parameters", [])}
    for name in parameters:
        if name in given:
            yield {"ParameterKey": name, "ParameterValue": given[name]}
        elif name in known:
            yield {"ParameterKey": name, "UsePreviousValue": True}


def _read(formation: Any, identity: Mapping[str, str]) -> tuple[Change, ...]:  # noqa: ANN401 - as above
    try:
        formation.get_waiter("change_set_create_complete").wait(**identity, WaiterConfig={"Delay": 2})
    except WaiterError as error:
        reason = str(error.last_response.get("StatusReason", ""))
        if "didn't contain changes" in reason or "No updates are to be performed" in reason:
            return ()
        raise
    pages = formation.get_paginator("describe_change_set").paginate(**identity)
    return tuple(_read_change(item["ResourceChange"]) for page in pages for item in page["Changes"])


def _read_change(change: Mapping[str, Any]) -> Change:
    names = {detail.get("Target", {}).get("Name") for detail in change.get("Details", [])}
    return Change(
        change["Action"],
        change["LogicalResourceId"],
        change["ResourceType"],
        change.get("Replacement", ""),
        tuple(sorted(name for name in names if name)),
    )


def write_markdown(stack: str, changes: tuple[Change, ...]) -> str:
    """Return the changes as a table, replacements first."""
    title = f"### What would change in `{stack}`\n\n"
    if not changes:
        return title + "Nothing.\n"
    order = ["True", "Conditional", "False", ""]
    rows = sorted(changes, key=lambda change: (order.index(change.replacement), change.resource))
    lines = [
        f"| {change.action} | {change.resource} | {change.kind} | {_warn(change)} | {', '.join(change.properties)} |"
        for change in rows
    ]
    head = ["| action | resource | type | replaced | properties |", "|---|---|---|---|---|"]
    return title + "\n".join([*head, *lines]) + "\n"


def _warn(change: Change) -> str:
    return {"True": "**yes**", "Conditional": "perhaps"}.get(change.replacement, "")
