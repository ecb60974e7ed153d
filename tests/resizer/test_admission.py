"""What is made in each mode, and that a signature is right or refused in every one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from grammar.signature import sign
from grammar.transform import parse_transform
from imaging.errors import NotAllowed
from resizer import app
from resizer.admission import admit
from resizer.settings import Settings

if TYPE_CHECKING:
    from world import World

KEY = "photos/été.jpg"
NEW, OLD, FORGOTTEN = "n" * 32, "o" * 32, "f" * 32
PRESETS = {"thumb": "60x60,fit=cover", "hero": "90x,f=auto"}

Ask = Callable[..., str]


@pytest.fixture
def ask(world: World) -> Ask:
    """Ask for a transform of the key, and return why it is refused, or ""."""
    del world  # which the settings are of
    settings = replace(app.settings, presets=PRESETS, signing_keys=(NEW, OLD))

    def ask(text: str, mode: str, **changes: Any) -> str:
        transform = parse_transform(text, PRESETS)
        try:
            admit(transform, KEY, replace(settings, transforms=mode, **changes))
        except NotAllowed as error:
            return error.detail
        return ""

    return ask


def signed(text: str, secret: str = NEW, key: str = KEY) -> str:
    return f"{text},s={sign(parse_transform(text, PRESETS).canonical, key, secret)}"


@pytest.mark.parametrize(
    ("text", "modes"),
    [
        ("300x", ["any"]),
        ("dpr=1", ["any"]),
        ("f=json", ["any"]),
        (signed("300x"), ["any", "signed"]),
        (signed("300x", OLD), ["any", "signed"]),
        (signed("dpr=1"), ["any", "signed"]),
        (signed("f=json"), ["any", "signed"]),
        (signed("300x,v=2"), ["any", "signed"]),
        ("preset=thumb", ["any", "signed", "presets"]),
        ("60x60,fit=cover,v=7", ["any", "presets"]),
        (signed("60x60,fit=cover,v=7"), ["any", "signed", "presets"]),
        ("90x,f=avif", ["any", "signed", "presets"]),
        ("90x,f=png", ["any"]),
        ("preset=thumb,q=3", ["any"]),
        (signed("preset=thumb"), ["any", "signed", "presets"]),
        (signed("preset=thumb,q=3"), ["any", "signed"]),
    ],
)
def test_a_mode_limits_the_allowed_transforms(ask: Ask, text: str, modes: list[str]) -> None:
    refusals = {mode: ask(text, mode) for mode in ("any", "signed", "presets")}
    assert [mode for mode, refusal in refusals.items() if not refusal] == modes
    allowed = {"signed": "signed transforms and presets", "presets": "presets"}
    assert {mode: refusal for mode, refusal in refusals.items() if refusal} == {
        mode: f"this deployment allows only {text}" for mode, text in allowed.items() if mode not in modes
    }


@pytest.mark.parametrize("mode", ["any", "signed", "presets"])
@pytest.mark.parametrize(
    "text",
    [
        signed("300x", FORGOTTEN),
        signed("300x", key="photos/cat.jpg"),
        signed("300x").replace("300x", "301x"),
        signed("300x")[:-1],
        signed("300x") + "A",
        "300x,s=AA",
        signed("300x").replace("300x", "300x,v=2"),
        signed("300x,f=avif").replace("avif", "auto"),
        signed("300x,f=auto").replace("auto", "png"),
        "preset=thumb,s=" + "A" * 43,
    ],
)
def test_a_wrong_signature_is_refused_in_every_mode(ask: Ask, mode: str, text: str) -> None:
    assert ask(text, mode) == "the signature does not match this transform and this original"


@pytest.mark.parametrize("made", ["auto", "avif", "webp"])
def test_a_signature_of_auto_is_valid_for_the_format_that_the_edge_chooses(ask: Ask, made: str) -> None:
    assert ask(signed("300x,f=auto").replace("auto", made), "signed") == ""


def test_a_key_that_was_removed_signs_no_more(ask: Ask) -> None:
    assert ask(signed("300x", OLD), "signed", signing_keys=(NEW, OLD)) == ""
    assert ask(signed("300x", OLD), "signed", signing_keys=(NEW,)) != ""


def test_without_a_key_no_signature_is_right(ask: Ask) -> None:
    for mode in ("any", "signed", "presets"):
        assert ask(signed("300x"), mode, signing_keys=()) == "this deployment has no signing key"


def test_a_signature_does_not_widen_the_sizes_that_are_made(ask: Ask) -> None:
    sizes = frozenset({"60x60"})
    assert ask(signed("300x"), "signed", allowed_dimensions=sizes) == ("this deployment does not allow the size 300x")
    assert ask(signed("60x60"), "signed", allowed_dimensions=sizes) == ""


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("300x200,dpr=1.5", "450x300"),
        ("300x,dpr=4", "1200x"),
        ("300x200,border=10:f00", "320x220"),
        ("300x200,dpr=2,border=10:f00,fit=pad", "640x440"),
        ("300x,ar=1:9,fit=pad", "300x2700"),
        ("x200,ar=3:1,fit=cover,border=1:000", "602x202"),
        ("300x200,rotate=45", "300x200"),
        ("border=5:000", "x"),
    ],
)
def test_the_size_that_comes_out_has_to_be_allowed(ask: Ask, text: str, size: str) -> None:
    listed = frozenset({"300x200", "300x", "x200", ""} - {size})
    assert ask(text, "any", allowed_dimensions=listed) == f"this deployment does not allow the size {size}"
    assert ask(text, "any", allowed_dimensions=frozenset({size})) == ""


def test_all_metadata_of_originals_that_nobody_may_download_takes_a_signature_or_a_preset(ask: Ask) -> None:
    reason = "this deployment allows metadata=all only in signed transforms and presets"
    assert ask("300x,metadata=all", "any", serves_originals=False) == reason
    assert ask("300x,metadata=copyright", "any", serves_originals=False) == ""
    assert ask("300x,metadata=all", "any", serves_originals=True) == ""
    assert ask(signed("300x,metadata=all"), "any", serves_originals=False) == ""
    named = {"print": "300x,metadata=all"}
    assert ask("300x,metadata=all", "any", serves_originals=False, presets=named) == ""


def test_the_settings_say_nothing_of_keys() -> None:
    settings = replace(app.settings, signing_keys=(NEW, OLD))
    assert NEW not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SIGNING_KEY", "s" * 31, "at least 32 bytes"),
        ("OTHER_SIGNING_KEY", "short", "at least 32 bytes"),
        ("TRANSFORMS", "all", "'all' is not one of any, signed, presets"),
        ("SIZE_LADDER", "160,wide", "invalid literal"),
        ("PRESETS", "thumb:60x;hero:90x;thumb:61x", "two presets are named 'thumb'"),
        ("ALLOWED_TYPES", "webp,heic,jpg", "'heic' is not an output format"),
        ("ALLOWED_DIMENSIONS", "300x200,0x5", "'0x5' is not a size"),
        ("DEFAULT_QUALITY", "101", "DEFAULT_QUALITY must be from 1 to 100, not 101"),
        ("DEFAULT_QUALITY", "high", "DEFAULT_QUALITY must be a whole number, not 'high'"),
        ("MAXIMUM_OUTPUT_PIXELS", "0", "MAXIMUM_OUTPUT_PIXELS must be from 1 "),
        ("INVALIDATION_BUDGET", "-1", "INVALIDATION_BUDGET must be from 0 .*, not -1"),
    ],
)
def test_a_setting_that_is_none_stops_the_function_from_starting(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    del world  # whose environment it is
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=message):
        Settings.from_environment()


def test_the_answer_is_a_403_with_the_reason_that_is_not_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "settings", replace(app.settings, transforms="signed", signing_keys=(NEW,)))
    answer = world.get("/resize/300x/cat.jpg")
    assert (answer["statusCode"], answer["headers"]["Cache-Control"]) == (403, "no-store")
    assert json.loads(answer["body"])["detail"] == "this deployment allows only signed transforms and presets"


def test_sizes_are_allowed_as_the_ladder_makes_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIZE_LADDER", "320,160")
    monkeypatch.setenv("ALLOWED_DIMENSIONS", "320x,60x60")
    monkeypatch.setattr(app, "settings", Settings.from_environment())
    statuses = {
        text: world.get(f"/resize/{text}/missing.jpg")["statusCode"]
        for text in ("300x", "320x", "100x", "300x200", "preset=thumb", "60x60")
    }
    assert statuses == {"300x": 404, "320x": 404, "100x": 403, "300x200": 403, "preset=thumb": 404, "60x60": 404}
