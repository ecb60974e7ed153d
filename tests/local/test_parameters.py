"""Values for the template's parameters, and what is answered to those that it does not allow."""

from __future__ import annotations

import shlex

import pytest

from local.__main__ import main
from local.emulator.process import ROOT
from local.emulator.template import read_template
from local.parameters import ParameterError, read_parameters

TEMPLATE = ROOT / "template.yaml"
CONTENT = read_template(TEMPLATE)
DEFINITIONS = CONTENT["Parameters"]


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The template is parsed once, and not by each test: that takes .15 s."""
    monkeypatch.setattr("local.parameters.read_template", lambda path: {TEMPLATE: CONTENT}[path])


def test_values_may_have_commas_equals_signs_and_spaces() -> None:
    text = "Presets=thumb:300x300,fit=cover;hero:1600x  Transforms=signed SizeLadder=160,320 "
    text += "ReconcileSchedule='cron(0 3 ? * SUN *)' WatermarkPrefix="
    assert read_parameters(text, TEMPLATE) == {
        "Presets": "thumb:300x300,fit=cover;hero:1600x",
        "Transforms": "signed",
        "SizeLadder": "160,320",
        "ReconcileSchedule": "cron(0 3 ? * SUN *)",
        "WatermarkPrefix": "",
    }


@pytest.mark.parametrize("name", [name for name in DEFINITIONS if "Default" in DEFINITIONS[name]])
def test_the_default_of_every_parameter_is_valid(name: str) -> None:
    value = str(DEFINITIONS[name]["Default"])
    assert read_parameters(f"{name}={shlex.quote(value)}", TEMPLATE) == {name: value}


@pytest.mark.parametrize("name", list(DEFINITIONS))
def test_every_parameter_is_checked(name: str) -> None:
    with pytest.raises(ParameterError, match=name):
        read_parameters(f"{name}='~ x ~'", TEMPLATE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Preset=a:1x", "template.yaml has no parameter 'Preset'; did you mean Presets?"),
        ("Xyz=1", "template.yaml has no parameter 'Xyz'"),
        ("Presets", "'Presets' is not NAME=VALUE; a value with spaces needs quotes"),
        ("LogLevel=INFO LogLevel=INFO", "LogLevel is given twice"),
        ("Presets='a", "\"Presets='a\" can't be split into NAME=VALUE: No closing quotation"),
        ("Transforms=all", "Transforms: 'all' is not valid (expected: any, signed or presets)"),
        ("LogRetentionDays=2", "LogRetentionDays: '2' is not valid (expected: 1, 3, 5, 7, "),
        ("DefaultQuality=0", "DefaultQuality: '0' is not valid (expected: a whole number from 1 to 100)"),
        ("DefaultQuality=101", "DefaultQuality: '101' is not valid (expected: a whole number from 1 to 100)"),
        ("DefaultQuality=٣", "DefaultQuality: '٣' is not valid (expected: a whole number from 1 to 100)"),
        ("DefaultQuality=", "DefaultQuality: '' is not valid (expected: a whole number from 1 to 100)"),
        ("AllowedTypes=tiff", "AllowedTypes: 'tiff' is not valid (expected: some of jpeg,png,webp,avif,gif,jxl)"),
        ("SizeLadder=" + "1,2," * 30 + "3", "(expected: 80 characters at most)"),
        ("SigningKey=short", "SigningKey: the value is not valid (expected: empty, or 32 to 128 letters, digits, or"),
        ("Transforms=signed SigningKey=", "Transforms=signed requires a SigningKey; `make signing-key` generates one"),
        ("DomainName=images.example.com", "DomainName and CertificateArn must both be set, or both be empty"),
        ("TrustedKeyGroups=a", "TrustedKeyGroups names key groups of an AWS account; here PUBLIC_KEY=file.pem"),
    ],
)
def test_anything_else_is_a_usage_error_in_one_line(
    text: str, message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setenv("PARAMETERS", text)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("python -m local: --parameters (PARAMETERS): ")
    assert message in error
    assert error.count("\n") == 1
