from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ops.errors import UsageError
from ops.settings import Settings, read_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_an_environment_is_read_as_sam_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "samconfig.toml"
    path.write_text(
        '[qa.deploy.parameters]\nstack_name = "images-qa"\ns3_bucket = "templates"\n'
        'parameter_overrides = ["LogLevel=DEBUG", "ReconcileSchedule=rate(7 days)", "Presets=a:b=c"]\n'
    )
    parameters = {"LogLevel": "DEBUG", "ReconcileSchedule": "rate(7 days)", "Presets": "a:b=c"}
    assert read_settings("qa", path) == Settings("images-qa", parameters, "templates")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[default]\n", "no environment 'default' to deploy"),
        ("version = 0.1\ndefault = 5\n", "no environment 'default' to deploy"),
        ("[default.deploy.parameters]\nx = 1\n", "no environment 'default' to deploy"),
        ("[default\n", "not valid"),
        ('[default.deploy.parameters]\nstack_name = "a"\nparameter_overrides = ["no value"]\n', "not valid"),
    ],
)
def test_a_file_that_can_not_be_used_is_a_usage_error(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "samconfig.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=reason):
        read_settings("default", path)


def test_a_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_settings("default", tmp_path / "none")
