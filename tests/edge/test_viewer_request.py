"""The edge's JavaScript and `grammar.transform` give the same canonical paths, and `format=auto` is resolved there.

Each test runs on functions/edge/viewer_request.js and on what is deployed: its minified form in template.yaml.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import quickjs
from cfnlint.decode.cfn_yaml import load
from hypothesis import assume, given
from hypothesis import strategies as st

from cloud.edge import path_of
from grammar.errors import MalformedTransform
from grammar.ladder import NO_LADDER, Ladder
from grammar.options import TABLE
from grammar.path import parse_path, unservable
from grammar.signature import verify
from grammar.signing import sign_path
from grammar.transform import Transform, is_transform, parse_transform
from spellings import parts

ROOT = Path(__file__).parents[2]

Handle = Callable[[dict[str, Any]], dict[str, Any]]
Rewrite = Callable[[str, str | None], str]
ALLOWED = ("jpeg", "png", "webp", "avif", "gif")
_WRITTEN = """
    300x200 300x x200 w=300,h=200 300x,x200 fit=cover,300x200 300x200,fit=contain 300x,fit=cover 300x200,g=north
    300x200,fit=fill,g=north 300x200,gravity=northwest,fit=cover 300x200,fit=pad,g=center f=jpg f=auto format=auto,q=1
    300x,dpr=2.50 300x,dpr=2.0 300x,dpr=1.00 300x,dpr=1.05 300x,dpr=4.00 300x,dpr=3.99 dpr=2,f=png bg=ABC bg=abcf
    bg=abcd bg=AABBCCFF background=ffffff00 v=1.2_a-Z fit=contain dpr=3 300x200%2Cfit%3Dcover w%3d300 300x%32
    16383x16383 x 0x200 0300x 16384x 99999x 100000x 300X200 300x200x100 300x200,w=300 300x,400x q=80,quality=80
    q=0 q=101 q= q=8=0 q=%2080 q=80%0A =80 fit fit=inside g=northnorth f=tiff dpr=0.5 dpr=4.01 dpr=2. dpr=1.005
    dpr=.5 dpr=1e1 bg=12345 bg=%23fff bg= v= v=%2B v=%C3%A9 blur=3 3%D9%A1x %FFx %zz,w=3 300x200, ,300x200 300x200%2Fq=1
    preset=thumb preset=hero preset=a.b-c_D preset=bad preset=none preset= preset=thumb,preset=hero preset=thumb,w=300
    fit=pad,preset=thumb f=png,preset=hero 5x,preset=thumb,dpr=2 presets=1 preset f=json 300x,f=json,q=80,v=2 f=json,w=0
    presets presets,q=5 preset=presets presetsx=1
    300x,fit=upscale fit=upscale g=0.25:1.0,fit=cover,3x2 g=1:1.001 g=-0:0,3x2,fit=pad g=0:0:0 ar=32:18,300x ar=16:9
    ar=16:9,fit=fill ar=16:9,300x200 ar=0:1 ar=10000:1 crop=0.10:0.0000:1.0:0.5 crop=0:0:1:1 crop=0.5:0.5:1:1
    crop=.5:.5:1:1 rotate=90.0 rotate=-0 rotate=0.05 rotate=359.9 rotate=360 flip=vh flip=hv orient=none orient=auto
    s=Ab-_ 300x,signature=a,f=auto f=json,s=a,300x s= s=a= s=a%2B s=a,s=a
    wm=logo.png watermark=a,wm_g=north,wm_scale=0.20 wm=a,wm_tile=true,wm_g=north wm_g=west wm=.a wm=a%2Fb wm=.. wm=
    wm=a,wm_opacity=0 wm=a,wm_g=auto wm=a,wm_margin=0.4 text=SGk text=SGl text=SGk%3D text=S text= text=SGkh1 text=a%2Bb
    text=SGk,text_size=0.0600,text_color=FFF text=SGk,text_size=4,text_g=0.5:0.5 text_g=north text=%D9%A1%D9%A1
    300x,gray gray gray, gray,gray 300x,gray,gray=true animate,3x wm_tile,wm=a gray=TRUE fit=COVER,3x2 fit=Crop,3x2
    fit=scale-down,3x2 g=TOP,fit=cover,3x2 g=top-left,fit=pad,3x2 g=leftwest,3x2 g=North-East,fit=crop,3x2 f=JPEG f=Jpg
    g=north-,3x2 g=right-top,3x2 g=centre,fit=cover,3x2 q=AUTO radius=MAX flip=VH bg=red bg=RebeccaPurple bg=grey
    bg=lightslategrey bg=greygrey bg=transparent border=3:Tan bg=gray%3D bg=cad bg=constructor rotate=-90 rotate=-0.5
    rotate=-359.9 rotate=-360 rotate=-360.1 rotate=0.1 rotate=-.5 rotate=-0.0 W=300 profile=%E2%84%AAeep
    profile=KEEP metadata=COPYRIGHT bg=%E2%84%AAhaki f=AUTO q=true,3x quality,3x gray=,3x V=2 v=Ab,3x preset=THUMB
    w=300%00 __proto__=1 constructor=1 photos index.html favicon.ico 300 a+b
"""
_LONG = ["v=" + "1" * 40, "v=" + "1" * 41, "x" * 201, "q=1," * 60, "wm=" + "a" * 64, "wm=" + "a" * 65]
SPELLINGS = [*_WRITTEN.split(), *_LONG, "text=" + "SGkh" * 25, "text=" + "SGkh" * 26]


@pytest.fixture(scope="module", params=["functions/edge/viewer_request.js", "template.yaml"])
def source(request: pytest.FixtureRequest) -> str:
    path = ROOT / str(request.param)
    if path.suffix == ".js":
        return path.read_text()
    template = load(str(path))
    return str(template["Resources"]["ViewerRequest"]["Properties"]["FunctionCode"]["Fn::Sub"])


PRESETS = {
    "thumb": "90x90,fit=cover",
    "hero": "format=auto,width=1600",
    "a.b-c_D": "q=70,dpr=2,w=9",
    "presets": "gray=true",
    "bad": "w=0",
}


LADDER = Ladder((160, 320, 640, 1280, 2560), frozenset({(90, 90), (1600, None), (9, None)}))
"""With the boxes of these presets."""
SIGNATURE = "UjqzW7AA30BBgIcLt0xwHGwvv_Oj30c9Y3u3LJWENmM"


def load_function(
    source: str, allowed: tuple[str, ...], sides: str = "", presets: Mapping[str, str] = PRESETS, counter: str = ""
) -> Handle:
    """Return the function with its parameters; `counter` is a program that runs before it."""
    context = quickjs.Context()
    context.eval(counter)
    written = ";".join(f"{name}:{text}" for name, text in presets.items())
    source = source.replace("${AllowedTypes}", ",".join(allowed)).replace("${Presets}", written)
    context.eval(source.replace("${SizeLadder}", sides))
    context.eval("function run(event) { return JSON.stringify(handler(JSON.parse(event))); }")
    run = context.get("run")
    return lambda request: json.loads(run(json.dumps({"version": "1.0", "request": {"querystring": {}} | request})))


@pytest.fixture(scope="module")
def handle(source: str) -> Handle:
    """Run the function, as the edge does, on a request."""
    return load_function(source, ALLOWED)


def ask(handle: Handle, uri: str, accept: str | None) -> str:
    return str(handle({"uri": uri, "headers": {} if accept is None else {"accept": {"value": accept}}})["uri"])


@pytest.fixture(scope="module")
def rewrite(handle: Handle) -> Rewrite:
    """Handle a path and an Accept header; return the path."""
    return lambda uri, accept: ask(handle, uri, accept)


@pytest.fixture(scope="module")
def climb(source: str) -> Rewrite:
    """Handle a path where there is a ladder."""
    handle = load_function(source, ALLOWED, "640,160,320,2560,1280")
    return lambda uri, accept: ask(handle, uri, accept)


def expect(segment: str, accept: str | None, ladder: Ladder = NO_LADDER) -> str:
    """What Python makes of a percent-encoded segment: its canonical form, or the text in canonical encoding."""
    if re.search("%(?![0-9A-Fa-f]{2})", segment):
        return segment.replace("+", "%2B")
    try:
        text, slash, rest = unquote(segment, errors="strict").partition("/")
    except UnicodeDecodeError:
        return segment.replace("+", "%2B")
    try:
        transform = parse_transform(text, PRESETS, ladder)
    except MalformedTransform:
        return path_of(text + slash + rest)[1:]
    return resolve(transform, accept or "").canonical + path_of(slash + rest)[1:]


def resolve(transform: Transform, accept: str) -> Transform:
    """What the edge is to make of `format=auto`: AVIF or WebP if the header names it, else no change.

    Wildcards are not counted: every browser sends `*/*`, also those that show neither.
    """
    if transform.format != "auto":
        return transform
    accepted = set()
    for item in accept.split(","):
        media_type, *parameters = item.split(";")
        named = re.fullmatch(r"[ \t]*image/(avif|webp)[ \t]*", media_type, re.ASCII | re.IGNORECASE)
        refused = re.compile(r"[ \t]*q[ \t]*=[ \t]*0(\.0*)?[ \t]*", re.ASCII | re.IGNORECASE)
        if named and not any(refused.fullmatch(parameter) for parameter in parameters):
            accepted.add(named[1].lower())
    return replace(transform, format=next((name for name in ("avif", "webp") if name in accepted), "auto"))


@pytest.mark.parametrize("prefix", ["/", "/resize/"])
@pytest.mark.parametrize("segment", SPELLINGS)
def test_the_edge_and_the_core_agree_on_a_spelling(rewrite: Rewrite, prefix: str, segment: str) -> None:
    assert rewrite(f"{prefix}{segment}/a%20b/cat.jpg", None) == f"{prefix}{expect(segment, None)}/a%20b/cat.jpg"


_NUMBERS = st.one_of(st.integers(0, 20000).map(str), st.text("0123456789.", max_size=6))
_SHOUTED = ["CROP", "scale-down", "Top-Left", "Red", "slategrey", "TRUE", "JPEG", "-90", "-0.5", "360"]
_WORDS = st.sampled_from(
    [*_SHOUTED, "cover", "contain", "pad", "fill", "north", "center", "southwest", "jpg", "auto", "avif"]
)
_VALUES = st.one_of(_NUMBERS, _WORDS, st.text("0123456789abcdefABCDEF", max_size=9), st.text(max_size=3))
_NAMES = st.sampled_from([name for option in TABLE for name in (option.name, option.alias)])
_SIZES = st.builds("{}x{}".format, st.integers(0, 400), st.integers(0, 400))
_PARTS = st.one_of(_SIZES, _NAMES, st.builds("{}={}".format, _NAMES, _VALUES), st.text("0123456789x=,", max_size=5))
_SEGMENTS = (
    st.lists(_PARTS, min_size=1, max_size=5)
    .map(",".join)
    .filter(lambda text: not re.search(r"[/%\ud800-\udfff]", text))
)


@given(_SEGMENTS, st.none() | st.sampled_from(["image/avif,*/*", "image/webp", "image/avif;q=0, image/webp"]))
def test_the_edge_and_the_core_agree_on_any_text(rewrite: Rewrite, segment: str, accept: str | None) -> None:
    assert rewrite(f"/{segment}/cat.jpg", accept) == f"/{expect(segment, accept)}/cat.jpg"


@given(parts())
def test_the_edge_and_the_core_agree_on_whatever_the_table_allows(rewrite: Rewrite, spelled: list[str]) -> None:
    segment = ",".join(spelled) or "dpr=1"

    assert rewrite(f"/{segment}/cat.jpg", None) == f"/{expect(segment, None)}/cat.jpg"


@pytest.mark.parametrize(
    ("spelled", "made"),
    [
        ("1x", "160x"),
        ("160x", "160x"),
        ("161x", "320x"),
        ("2561x", "2560x"),
        ("x300", "x320"),
        ("300x200", "320x213"),
        ("300x201,fit=cover", "320x214,fit=cover"),
        ("320x201", "320x201"),
        ("1x16383", "160x16383"),
        ("16383x1", "2560x1"),
        ("w=100,ar=16:9", "160x,ar=16:9"),
        ("300x,dpr=2,border=6:fff,radius=9", "320x,border=6:ffffff,radius=9,dpr=2"),
        ("crop=0:0:300:200", "crop=0:0:300:200"),
        ("300x,f=json", "f=json"),
        ("preset=thumb", "90x90,fit=cover"),
        ("90x90", "90x90"),
        ("90x91", "160x162"),
        ("preset=thumb,q=3,v=2", "90x90,fit=cover,q=3,v=2"),
        ("preset=thumb,w=300", "320x96,fit=cover"),
        ("1600x,f=auto", "1600x,f=auto"),
        (f"s={SIGNATURE},w=300", f"300x,s={SIGNATURE}"),
        ("s=AA,w=300", "300x,s=AA"),
    ],
)
def test_a_size_is_rounded_up_to_the_ladder_except_in_a_preset_or_signed(
    climb: Rewrite, spelled: str, made: str
) -> None:
    assert climb(f"/{spelled}/cat.jpg", None) == f"/{made}/cat.jpg"
    assert expect(spelled, None, LADDER) == made
    assert climb(f"/resize/{made}/cat.jpg", None) == f"/resize/{made}/cat.jpg"


_BOXES = st.builds("{}x{}".format, st.integers(1, 16383) | st.just(""), st.integers(1, 16383) | st.just(""))


@given(st.lists(_BOXES.filter(lambda box: box != "x") | _PARTS, min_size=1, max_size=3).map(",".join))
def test_the_edge_and_the_core_agree_on_the_ladder(climb: Rewrite, segment: str) -> None:
    assume(not re.search(r"[/%\ud800-\udfff]", segment))
    expected = f"/{expect(segment, None, LADDER)}/cat.jpg"

    assert climb(f"/{segment}/cat.jpg", None) == expected
    assert climb(expected, None) == expected, "what is on a rung stays there"


@pytest.mark.parametrize(("length", "fits"), [(198, True), (199, False), (200, False)])
def test_a_transform_that_the_ladder_makes_too_long_is_left_to_the_origin(
    climb: Rewrite, length: int, *, fits: bool
) -> None:
    """99x99 becomes 160x160, which has two bytes more."""
    written = "99x99,fit=cover,g=0.123:0.456,crop=0.1234:0.1234:0.1234:0.1234,brightness=1.11,contrast=1.11,"
    written += "saturation=1.11,gamma=1.11,tint=11223344,bg=11223344,border=100:11223344,v="
    segment = written + "v" * (length - len(written))

    assert parse_transform(segment).version, "it is well formed"
    assert (climb(f"/{segment}/a", None) != f"/{segment}/a") is fits
    assert climb(f"/{segment}/a", None) == f"/{expect(segment, None, LADDER)}/a"


_MEDIA = st.sampled_from(
    ["image/avif", "image/webp", " IMAGE/Avif\t", "image/*", "*/*", "image/avif x", "\N{KELVIN SIGN}", ""]
)
_WEIGHTS = st.sampled_from(["", ";q=0", "; Q=0.000", ";q=0.1", ";v=b3;q=0.", ";q =0", ";q=0;q=1", ";\x1cq=0"])


@given(st.lists(st.builds("{}{}".format, _MEDIA, _WEIGHTS), max_size=4).map(",".join))
def test_the_edge_and_the_core_agree_on_an_accept_header(rewrite: Rewrite, accept: str) -> None:
    assert rewrite("/f=auto/cat.jpg", accept) == f"/{expect('f=auto', accept)}/cat.jpg"


@pytest.mark.parametrize(
    ("accept", "allowed", "chosen"),
    [
        ("image/avif,image/webp,image/apng,*/*;q=0.8", ALLOWED, "avif"),
        ("image/webp,*/*", ALLOWED, "webp"),
        ("image/webp, IMAGE/AVIF;q=0.9", ALLOWED, "avif"),
        ("image/avif;q=0,image/webp", ALLOWED, "webp"),
        ("image/avif; q=0.000 ,image/webp;q=0.001", ALLOWED, "webp"),
        ("image/avif;v=1;q=0", ALLOWED, "auto"),
        ("image/avif,image/webp", ("jpeg", "webp"), "webp"),
        ("image/avif", ("jpeg", "webp"), "auto"),
        ("*/*", ALLOWED, "auto"),
        ("image/*", ALLOWED, "auto"),
        ("image/avifx", ALLOWED, "auto"),
        ("", ALLOWED, "auto"),
    ],
)
def test_auto_is_the_best_that_browser_and_deployment_accept(
    source: str, accept: str, allowed: tuple[str, ...], chosen: str
) -> None:
    assert ask(load_function(source, allowed), "/300x,f=auto/a.jpg", accept) == f"/300x,f={chosen}/a.jpg"


def test_an_svg_is_not_negotiated_for_it_is_passed_through(rewrite: Rewrite) -> None:
    for prefix in ("", "/resize"):
        for key in ("logo.svg", "a/b.SVG"):
            assert rewrite(f"{prefix}/format=auto,w=300/{key}", "image/avif") == f"{prefix}/300x,f=auto/{key}"
        assert rewrite(f"{prefix}/300x,f=auto/logo.svg.png", "image/avif") == f"{prefix}/300x,f=avif/logo.svg.png"


@pytest.mark.parametrize("segment", SPELLINGS)
def test_what_is_no_transform_may_be_a_folder_of_originals_and_is_left_to_the_bucket(
    handle: Handle, segment: str
) -> None:
    try:
        folder = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return
    uri = f"{path_of(folder)}/a.jpg"
    if not is_transform(folder):
        assert handle({"uri": uri, "headers": {}})["uri"] == uri


@pytest.mark.parametrize(
    ("uri", "rewritten"),
    [
        ("/", "/"),
        ("", ""),
        ("/favicon.ico", "/favicon.ico"),
        ("/photos/w=300/a+b.jpg", "/photos/w=300/a%2Bb.jpg"),
        ("/w=300/a+b%2B%20c.jpg", "/300x/a%2Bb%2B%20c.jpg"),
        ("/resize", "/resize"),
        ("/resize/", "/resize/"),
        ("/resize/resize/w=300/a", "/resize/resize/w=300/a"),
        ("//w=300/a", "//w=300/a"),
        ("/300x/w=300/a", "/300x/w=300/a"),
        ("/w=300", "/300x"),
        ("/w=300/", "/300x/"),
        ("/w=300//a", "/300x//a"),
    ],
)
def test_the_transform_is_one_segment(rewrite: Rewrite, uri: str, rewritten: str) -> None:
    assert rewrite(uri, None) == rewritten


@pytest.mark.parametrize(
    ("uri", "rewritten"),
    [
        ("/300x200/%63offee.png", "/300x200/coffee.png"),
        ("/%63offee.png", "/coffee.png"),
        ("/resize/300x/%63/%e3%81%ad", "/resize/300x/c/%E3%81%AD"),
        ("/300x/(1)*!'~.jpg", "/300x/%281%29%2A%21%27~.jpg"),
        ("/300x/a:b@c&d=$,;.jpg", "/300x/a:b%40c%26d=%24,%3B.jpg"),
        ("/300x/a%2fb%2Fc", "/300x/a/b/c"),
        ("/300x%2Fa", "/300x/a"),
        ("/300x/%2563", "/300x/%2563"),
        ("/300x/%252F", "/300x/%252F"),
        ("/300x/a b+c%2Bd%20e", "/300x/a%20b%2Bc%2Bd%20e"),
        ("/300x/\u3042", "/300x/%E3%81%82"),
        ("/300x/%ff/%63", "/300x/%ff/c"),
        ("/300x/%zz/%63", "/300x/%zz/c"),
        ("/300x/a/%2e%2e/b", "/300x/a/%2e%2e/b"),
        ("/300x/a/..%2fb", "/300x/a/..%2Fb"),
        ("/300x/a%2f.", "/300x/a%2F."),
        ("/300x/%00", "/300x/%00"),
    ],
)
def test_every_spelling_of_a_key_is_one(rewrite: Rewrite, uri: str, rewritten: str) -> None:
    assert rewrite(uri, None) == rewritten
    assert rewrite(rewritten, None) == rewritten


_KEYS = st.text("ab/+ %&=,:()*!'~.\u00e9\u3042\U0001f408", min_size=1, max_size=12).filter(
    lambda key: not unservable(key)
)


@st.composite
def encoded(draw: st.DrawFn, key: str) -> str:
    """Any percent-encoding of a key."""
    may_be_raw = "ab/&=,:()*!'~."
    ways = [str, str.lower, lambda text: unquote(text) if unquote(text) in may_be_raw else text]
    escapes = ["".join(f"%{byte:02X}" for byte in character.encode()) for character in key]
    return "".join(draw(st.sampled_from(ways))(escape) for escape in escapes)  # type: ignore[operator] # methods


@given(_KEYS, st.sampled_from(["", "/300x", "/resize/300x", "/resize/300x,q=80"]), st.data())
def test_every_encoding_of_a_key_becomes_the_path_that_is_invalidated(
    rewrite: Rewrite, key: str, prefix: str, data: st.DataObject
) -> None:
    assert rewrite(f"{prefix}/{data.draw(encoded(key))}", None) == prefix + path_of(key)


@given(_KEYS, st.data())
def test_a_signature_is_valid_for_every_encoding_of_the_key(rewrite: Rewrite, key: str, data: st.DataObject) -> None:
    secret = "0" * 32
    transform = sign_path("300x,gray", key, secret).split("/")[1]

    path = rewrite(f"/{transform}/{data.draw(encoded(key))}", None)

    parsed, named = parse_path(unquote(path[1:], errors="strict"))
    assert named == key
    assert verify([replace(parsed, signature=None).canonical], named, str(parsed.signature), [secret])


@given(st.text("/%2fFe.+a:x3=,\u00e9", max_size=20))
def test_rewriting_twice_is_rewriting_once(rewrite: Rewrite, text: str) -> None:
    once = rewrite(f"/{text}", None)

    assert rewrite(once, None) == once


def read_query(text: str) -> dict[str, dict[str, str]]:
    """Return a query as CloudFront gives it: not decoded."""
    return {name: {"value": value} for name, _, value in (pair.partition("=") for pair in text.split("&"))}


@pytest.mark.parametrize(
    ("uri", "query", "rewritten"),
    [
        ("/cat.jpg", "w=300&h=200", "/300x200/cat.jpg"),
        ("/cat.jpg", "height=200&width=300", "/300x200/cat.jpg"),
        ("/a/%63at.jpg", "w=300&fit=crop&q=70&dpr=2", "/300x,q=70,dpr=2/a/cat.jpg"),
        ("/cat.jpg", "w=300&h=200&fit=crop", "/300x200,fit=cover/cat.jpg"),
        ("/cat.jpg", "w=300&fm=jpg", "/300x,f=jpeg/cat.jpg"),
        ("/cat.jpg", "w=300&auto=format%2Ccompress&ixlib=js-3.8.0&s=abc", "/300x,f=webp/cat.jpg"),
        ("/cat.jpg", "w=300&auto=compress,format", "/300x,f=webp/cat.jpg"),
        ("/cat.jpg", "w=300&auto=compress", "/300x/cat.jpg"),
        ("/cat.jpg", "w=300&fm=png&auto=format", "/300x,f=png/cat.jpg"),
        ("/cat.jpg", "format=auto", "/f=webp/cat.jpg"),
        ("/cat.jpg", "w=%33%30%30", "/300x/cat.jpg"),
        ("/cat.jpg", "w=300&width=400", "/300x/cat.jpg"),
        ("/year=2026/a,b.jpg", "w=300", "/300x/year=2026/a,b.jpg"),
        ("/cat.jpg", "w=300&fit=facearea&q=999&dpr=", "/300x/cat.jpg"),
        ("/cat.jpg", "w=0&h=5f3a", "/cat.jpg"),
        ("/cat.jpg", "w=%zz&h=%ff&q=%E2%84%AA", "/cat.jpg"),
        ("/cat.jpg", "fit=crop&dpr=2", "/cat.jpg"),
        ("/cat.jpg", "v=3&blur=5&rotate=90&gray", "/cat.jpg"),
        ("/cat.jpg", "w", "/cat.jpg"),
        ("/cat.jpg", "W=300", "/cat.jpg"),
        ("/cat.jpg", "__proto__=1&constructor=2", "/cat.jpg"),
        ("/100x/cat.jpg", "w=300&q=70", "/100x/cat.jpg"),
        ("/dpr=1/cat.jpg", "w=300", "/dpr=1/cat.jpg"),
        ("/resize/cat.jpg", "w=300", "/resize/cat.jpg"),
        ("/resize/100x/cat.jpg", "w=300", "/resize/100x/cat.jpg"),
        ("/", "w=300", "/"),
        ("/album/", "w=300", "/album/"),
        ("/logo.svg", "w=300&auto=format", "/300x,f=auto/logo.svg"),
    ],
)
def test_sizes_in_a_query_are_a_transform_of_the_original(handle: Handle, uri: str, query: str, rewritten: str) -> None:
    request = {"uri": uri, "querystring": read_query(query), "headers": {"accept": {"value": "image/webp"}}}

    answer = handle(request)

    assert answer["uri"] == rewritten
    assert ("x-format-auto" in answer["headers"]) == ("f=webp" in rewritten or "f=auto" in rewritten)


def test_a_size_in_a_query_is_rounded_up_to_the_ladder(source: str) -> None:
    handle = load_function(source, ALLOWED, "160,320")

    assert handle({"uri": "/a", "querystring": read_query("w=300&h=200"), "headers": {}})["uri"] == "/320x213/a"


@given(st.dictionaries(st.sampled_from(["p", "q-1", "r.s"]), parts().map(",".join), max_size=3), st.data())
def test_the_boxes_of_presets_are_those_of_the_core(presets: dict[str, str], data: st.DataObject) -> None:
    try:
        named = [parse_transform(text) for text in presets.values()]
    except MalformedTransform:
        assume(False)  # noqa: FBT003 - its only argument
    boxes = [(each.width, each.height) for each in named]
    width, height = data.draw(st.sampled_from([*boxes, (300, 200)]))
    assume(width or height)
    segment = f"{width or ''}x{height or ''}"
    ladder = Ladder((160, 320, 640), frozenset(boxes))
    source = (ROOT / "functions/edge/viewer_request.js").read_text()

    path = ask(load_function(source, ALLOWED, "160,320,640", presets), f"/{segment}/a", None)

    assert path == f"/{parse_transform(segment, presets, ladder).canonical}/a"


_COUNTER = """
    var operations = 0;
    [[String, 'split'], [String, 'replace'], [RegExp, 'exec'], [RegExp, 'test']].forEach(function (each) {
        var type = each[0].prototype, original = type[each[1]];
        type[each[1]] = function (a, b) { operations++; return original.call(this, a, b); };
    });
"""
"""Counts what the function does with texts: all else is arithmetic between these calls."""


def count_operations(source: str, uri: str, presets: Mapping[str, str]) -> int:
    """Return how many operations on texts a request takes."""
    counted = source.replace("request.uri = segments", "request.operations = operations, request.uri = segments")
    counted = re.sub(r"(\w+)\.uri=(\w+)\.join", r"\1.operations=operations,\1.uri=\2.join", counted)
    assert counted.count("operations=operations") + counted.count("operations = operations") == 1
    handle = load_function(counted, ALLOWED, "160,320,640", presets, _COUNTER)
    return int(handle({"uri": uri, "headers": {"accept": {"value": "image/avif"}}})["operations"])


def test_a_preset_costs_a_comparison_of_its_box_and_is_not_parsed(source: str) -> None:
    """All presets share a side with the request, which had each of them parsed."""
    tail = "fit=cover,g=0.123:0.456,crop=0.1:0.1:0.5:0.5,q=80,bg=rebeccapurple,text_color=slategrey"
    presets = {f"p{i}": f"300x{i},{tail}" for i in range(1, 10)}  # as many as the parameter's 1,000 characters hold
    few = count_operations(source, "/300x20/a", {"p1": presets["p1"]})
    all_of_them = count_operations(source, "/300x20/a", presets)

    assert all_of_them - few <= 6 * 8, "a few matches for each of eight more"


def test_no_transform_takes_many_operations(source: str) -> None:
    """The dearest found: every option at its last alternative, in as many parts as 200 bytes hold."""
    dearest = "w=9,h=9,ar=9:8,fit=pad,g=0.1:0.1,crop=0.1:0.1:0.5:0.5,rotate=-9.5,flip=vh,bg=tan,wm=a,wm_g=0.1:0.1,"
    dearest += "wm_tile=false,text=SGk,text_g=0:1,text_size=0.5,border=9:tan,radius=max,f=auto,dpr=1.05,s=a"
    assert parse_transform(dearest)

    assert count_operations(source, f"/{dearest}/a/b/c.jpg", PRESETS) <= 600


@pytest.mark.parametrize("segment", ["f=auto", "w=300", "f=auto,f=auto", "photos", "preset=hero"])
def test_nothing_else_of_the_request_changes_but_the_mark_of_auto(handle: Handle, segment: str) -> None:
    headers = {"accept": {"value": "image/webp"}, "host": {"value": "cdn"}}
    request = {"method": "HEAD", "uri": f"/{segment}/a", "querystring": {"a": {"value": "b"}}, "headers": headers}

    answer = handle(request)

    marked = {"x-format-auto": {"value": "1"}} if segment in ("f=auto", "preset=hero") else {}
    assert answer == request | {"uri": answer["uri"], "headers": headers | marked}


def test_a_hostile_path_takes_no_more_than_its_length(rewrite: Rewrite) -> None:
    long = "/" + "0" * 4000 + "x" + "1" * 4000 + "/a"

    assert rewrite(long, "image/avif;q=0" + ".0" * 5000) == long


def test_cloudformation_replaces_nothing_but_the_parameters(source: str) -> None:
    assert re.findall(r"\$\{[^}]*\}", source) == ["${AllowedTypes}", "${Presets}", "${SizeLadder}"]
