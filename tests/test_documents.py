"""The documents name what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cfnlint.decode.cfn_yaml import load

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("page", ["README.md", "docs/security.md"])
def test_a_test_or_file_that_a_page_names_exists(page: str) -> None:
    named = re.findall(r"`((?:tests|docs|functions|bin|local)/[\w./-]+\.\w+)`", (ROOT / page).read_text())
    assert named
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_what_the_security_page_calls_a_parameter_or_a_resource_is_one() -> None:
    template = load(str(ROOT / "template.yaml"))
    known = {*template["Parameters"], *template["Resources"]}
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)(?:=\w+)?`", (ROOT / "docs" / "security.md").read_text()))
    assert len(named) > 10
    assert named - known == {"IpAddress"}  # a condition of signed policies
