"""The resize function against sample events and an AWS in memory."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image
from pillow_avif.AvifImagePlugin import AvifImageFile  # and that registers it with Pillow

from cloud import objects
from cloud.table import index
from resizer import answer as answers
from resizer import app, derivation, lease, settings
from world import DESTINATION, SAMPLES, World, break_transcoding, emitted, pass_time, while_transcoding

REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"  # API Gateway's, in every sample event
AWKWARD = "été/a b+c 100%.jpg"
PHOTOGRAPH = (SAMPLES / "hubble.jpg").read_bytes()
COFFEE = (SAMPLES / "coffee.png").read_bytes()
AVIF_BROWSER = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


@pytest.fixture
def stocked(world: World) -> World:
    """A world whose destination bucket has the originals that the sample events name."""
    for key, body in {"seeding.jpg": PHOTOGRAPH, AWKWARD: PHOTOGRAPH, "notes.txt": b"no image"}.items():
        world.upload(key, body)
        world.converge(key)
    return world


def body(answer: dict[str, Any]) -> bytes:
    return base64.b64decode(answer["body"])


def picture(answer: dict[str, Any]) -> Image.Image:
    image = Image.open(BytesIO(body(answer)))
    image.load()
    return image


def problem(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert answer["headers"]["X-Content-Type-Options"] == "nosniff"
    assert not answer["isBase64Encoded"]
    details: dict[str, Any] = json.loads(answer["body"])
    assert details["status"] == answer["statusCode"]
    return details


SVG = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def store_svg(world: World, key: str = "logo") -> None:
    world.upload(key, SVG)
    world.converge(key)


@pytest.mark.parametrize("transform", ["300x200", "w=300,f=auto", "q=80", "dpr=1"])
def test_an_svg_is_passed_through_where_no_raster_format_is_requested(world: World, transform: str) -> None:
    store_svg(world)
    for _ in range(2):
        answer = world.get(f"/resize/{transform}/logo")
        assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, "image/svg+xml")
        assert body(answer) == SVG
    (stored,) = [key for key in world.listing() if key != "logo"]
    assert world.s3.head_object(Bucket=DESTINATION, Key=stored)["ContentType"] == "image/svg+xml"


@pytest.mark.parametrize("transform", ["300x200,f=webp", "f=jpeg", "f=json", "preset=hero,f=png"])
def test_an_svg_is_not_rendered(world: World, transform: str) -> None:
    store_svg(world)
    assert problem(world.get(f"/resize/{transform}/logo"))["status"] == 415
    assert world.listing() == ["logo"]


def test_an_svg_is_not_passed_through_where_originals_are_withheld(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, serves_originals=False)
    store_svg(world)
    assert "withheld" in problem(world.get("/resize/300x200/logo"))["detail"]


def configure(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    monkeypatch.setattr(app, "settings", replace(app.settings, **changes))


def test_a_jpeg_comes_back_as_webp_and_is_stored_under_the_path(stocked: World) -> None:
    answer = stocked.invoke("resize", "resize-jpeg-to-webp")
    image = picture(answer)
    assert (answer["statusCode"], image.format, image.size) == (200, "WEBP", (229, 200))
    stored = stocked.s3.get_object(Bucket=DESTINATION, Key="300x200,f=webp/seeding.jpg")
    original = stocked.s3.head_object(Bucket=DESTINATION, Key="seeding.jpg")
    assert stored["Body"].read() == body(answer)
    assert stored["ContentType"] == answer["headers"]["Content-Type"] == "image/webp"
    assert stored["Metadata"]["original-etag"] == original["ETag"]
    assert stored["CacheControl"] == "public, max-age=3600, s-maxage=31536000"
    tags = stocked.s3.get_object_tagging(Bucket=DESTINATION, Key="300x200,f=webp/seeding.jpg")["TagSet"]
    assert tags == [{"Key": "kind", "Value": "derivative"}]


def test_a_problem_and_a_stored_derivative_name_the_request_that_the_log_knows(stocked: World) -> None:
    with stocked.log_lines() as lines:
        stocked.invoke("resize", "resize-jpeg-to-webp")
        assert problem(stocked.get("/resize/1x1/none.jpg"))["request_id"] == REQUEST_ID
    stored = stocked.s3.head_object(Bucket=DESTINATION, Key="300x200,f=webp/seeding.jpg")
    assert stored["Metadata"]["request-id"] == REQUEST_ID
    assert {line["correlation_id"] for line in lines} == {REQUEST_ID}


def test_a_derivative_is_counted_by_its_format_with_the_bytes_that_it_saves(
    stocked: World, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    answer = stocked.invoke("resize", "resize-jpeg-to-webp")
    assert stocked.get("/resize/1x1,f=gif/notes.txt")["statusCode"] == 415  # read, and nothing made of it
    metrics = emitted(capsys.readouterr().out)
    assert metrics["WebpDerivatives"] == [1]
    assert metrics["BytesIn"] == [len(PHOTOGRAPH)]
    assert metrics["BytesOut"] == [len(body(answer))]


def test_the_months_invalidations_are_told_with_each(stocked: World, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    for size in ("10x", "11x"):
        stocked.get(f"/resize/{size}/seeding.jpg")
    assert emitted(capsys.readouterr().out)["RedirectInvalidationsOfMonth"] == [1, 2]


def test_the_answer_can_be_purged_and_revalidated_and_says_how_long_it_took(stocked: World) -> None:
    headers = stocked.invoke("resize", "resize-jpeg-to-webp")["headers"]
    stored = stocked.s3.head_object(Bucket=DESTINATION, Key="300x200,f=webp/seeding.jpg")
    assert headers["ETag"] == stored["ETag"]
    assert headers["Cache-Control"] == "public, max-age=60"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["x-amz-meta-cache-tag"] == hashlib.sha256(b"seeding.jpg").hexdigest()
    assert [step.split(";")[0] for step in headers["Server-Timing"].split(", ")] == [
        "fetch",
        "decode",
        "transform",
        "encode",
        "store",
        "invalidate",
    ]


def test_every_derivative_has_a_row_that_outlives_it(stocked: World) -> None:
    stocked.invoke("resize", "resize-jpeg-to-webp")
    row = stocked.rows()[("original#seeding.jpg", "300x200,f=webp")]
    assert int(row["expires"]["N"]) >= int(row["written"]["N"]) // 1000 + 3_680 * 86_400
    assert row["etag"]["S"] == stocked.s3.head_object(Bucket=DESTINATION, Key="seeding.jpg")["ETag"]


def test_an_auto_format_that_the_edge_resolved_comes_back_as_avif(stocked: World) -> None:
    answer = stocked.invoke("resize", "resize-auto-resolved")
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, "image/avif")


@pytest.mark.parametrize(
    ("fmt", "mode", "content_type"),
    [("JPEG", "RGB", "image/jpeg"), (AvifImageFile.format, "RGB", "image/jpeg"), ("WEBP", "RGBA", "image/png")],
)
def test_an_auto_format_that_the_edge_left_is_one_that_every_browser_shows(
    stocked: World, fmt: str, mode: str, content_type: str
) -> None:
    original = BytesIO()
    Image.new(mode, (80, 60)).save(original, fmt)
    stocked.s3.put_object(Bucket=DESTINATION, Key="modern", Body=original.getvalue())
    answer = stocked.get("/resize/40x30,f=auto/modern", accept=AVIF_BROWSER)
    assert (answer["headers"]["Content-Type"], picture(answer).size) == (content_type, (40, 30))
    stored = stocked.s3.head_object(Bucket=DESTINATION, Key="40x30,f=auto/modern")
    assert (stored["ContentType"], stored["ETag"]) == (content_type, answer["headers"]["ETag"])


def test_an_auto_format_is_refused_where_nothing_is_made_that_every_browser_shows(
    stocked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, allowed_types=frozenset({"webp", "avif"}))
    assert problem(stocked.get("/resize/40x30,f=auto/seeding.jpg"))["status"] == 403


def test_an_awkward_key_is_decoded_exactly_once(stocked: World) -> None:
    answer = stocked.invoke("resize", "resize-awkward-key")
    assert (answer["statusCode"], picture(answer).size) == (200, (80, 80))
    assert f"80x80,fit=cover/{AWKWARD}" in stocked.listing()


def test_a_text_is_written_and_one_that_can_t_be_is_refused_before_anything_is_read(stocked: World) -> None:
    plain, written = (picture(stocked.get(f"/resize/160x{text}/seeding.jpg")) for text in ("", ",text=SGVsbG8"))
    assert plain.size == written.size
    assert plain != written

    refused = problem(stocked.get("/resize/160x,text=2LTZg9ix2Kc/no-such.jpg"))  # Arabic
    assert (refused["status"], refused["part"]) == (400, "text=2LTZg9ix2Kc")
    assert "U+0634" in refused["detail"]


def test_a_second_request_is_served_from_the_bucket_and_counted(
    stocked: World, capsys: pytest.CaptureFixture[str]
) -> None:
    first = stocked.invoke("resize", "resize-jpeg-to-webp")
    capsys.readouterr()
    second = stocked.invoke("resize", "resize-jpeg-to-webp")
    assert (second["body"], second["headers"]["ETag"]) == (first["body"], first["headers"]["ETag"])
    metrics = emitted(capsys.readouterr().out)
    assert (metrics["StoredButRedirected"], metrics["DuplicateRenders"]) == ([1], [0])
    assert not {"WebpDerivatives", "Awaited"} & set(metrics)


def test_a_stale_derivative_is_replaced(stocked: World) -> None:
    stocked.invoke("resize", "resize-jpeg-to-webp")
    stocked.s3.put_object(Bucket=DESTINATION, Key="seeding.jpg", Body=COFFEE)
    answer = stocked.invoke("resize", "resize-jpeg-to-webp")
    assert picture(answer).size == (300, 200)
    stored = stocked.s3.get_object(Bucket=DESTINATION, Key="300x200,f=webp/seeding.jpg")
    assert stored["Body"].read() == body(answer)


def test_an_original_that_changes_while_it_is_transcoded_is_transcoded_again(
    stocked: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change_while_transcoding(stocked, monkeypatch, [COFFEE])
    answer = stocked.invoke("resize", "resize-jpeg-to-webp")
    assert picture(answer).size == (300, 200)
    original = stocked.s3.head_object(Bucket=DESTINATION, Key="seeding.jpg")["ETag"]
    stored = stocked.s3.head_object(Bucket=DESTINATION, Key="300x200,f=webp/seeding.jpg")
    assert stored["Metadata"]["original-etag"] == original
    assert emitted(capsys.readouterr().out)["OutrunByChange"] == [1]


def test_an_original_that_keeps_changing_is_a_503_and_leaves_nothing(
    stocked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_while_transcoding(stocked, monkeypatch, [COFFEE, PHOTOGRAPH, COFFEE])
    answer = stocked.invoke("resize", "resize-jpeg-to-webp")
    assert problem(answer)["status"] == 503
    assert answer["headers"]["Retry-After"] == "1"
    assert "300x200,f=webp/seeding.jpg" not in stocked.listing()


def change_while_transcoding(world: World, monkeypatch: pytest.MonkeyPatch, contents: list[bytes]) -> None:
    changes = iter(contents)

    def change() -> None:
        if content := next(changes, None):
            world.s3.put_object(Bucket=DESTINATION, Key="seeding.jpg", Body=content)

    while_transcoding(monkeypatch, change)


def test_two_renders_of_one_derivative_agree_on_what_is_stored(stocked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "PATIENCE", 0.1)
    others: list[dict[str, Any]] = []

    def let_another_overtake() -> None:
        if not others:
            others.append({})
            others[0] = stocked.invoke("resize", "resize-jpeg-to-webp")

    while_transcoding(monkeypatch, let_another_overtake)
    own = stocked.invoke("resize", "resize-jpeg-to-webp")
    assert [answer["statusCode"] for answer in (own, *others)] == [200, 200]
    assert own["headers"]["ETag"] == others[0]["headers"]["ETag"]


def test_the_redirect_is_invalidated_within_the_budget(
    stocked: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(monkeypatch, invalidation_budget=2)
    for size in (10, 11, 12, 13):
        assert stocked.get(f"/resize/{size}x/seeding.jpg")["statusCode"] == 200
    assert sorted(stocked.invalidated()) == [["/10x/seeding.jpg"], ["/11x/seeding.jpg"]]
    metrics = emitted(capsys.readouterr().out)
    assert sum(metrics["RedirectInvalidations"]) == sum(metrics["RedirectInvalidationsSkipped"]) == 2


def test_an_original_has_only_so_many_derivatives(stocked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, maximum_derivatives=2)
    assert [stocked.get(f"/resize/{width}x/seeding.jpg")["statusCode"] for width in (10, 11, 12)] == [200, 200, 403]
    refused = problem(stocked.get("/resize/12x/seeding.jpg"))
    assert refused["detail"] == "this original already has the maximum of 2 derivatives"
    assert "12x/seeding.jpg" not in stocked.listing()
    # Those that it has are made again, and those of another original are not counted.
    stocked.s3.delete_object(Bucket=DESTINATION, Key="11x/seeding.jpg")
    assert stocked.get("/resize/11x/seeding.jpg")["statusCode"] == 200
    stocked.upload("other.jpg", PHOTOGRAPH)
    stocked.converge("other.jpg")
    assert stocked.get("/resize/12x/other.jpg")["statusCode"] == 200


def test_a_derivative_that_has_expired_makes_room(stocked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, maximum_derivatives=1, lifetime_days=7)
    assert [stocked.get(f"/resize/{width}x/seeding.jpg")["statusCode"] for width in (10, 11)] == [200, 403]
    pass_time(monkeypatch, 8 * 86_400)
    assert stocked.get("/resize/11x/seeding.jpg")["statusCode"] == 200


def test_no_maximum_counts_nothing(stocked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, maximum_derivatives=0)

    def refuse(*_: object) -> frozenset[str]:
        raise AssertionError("nothing should be counted")

    monkeypatch.setattr(index, "list_derivatives", refuse)
    assert stocked.invoke("resize", "resize-jpeg-to-webp")["statusCode"] == 200


def test_a_budget_of_zero_asks_nobody(stocked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, invalidation_budget=0)
    stocked.get("/resize/10x/seeding.jpg")
    assert stocked.invalidated() == []
    assert not [row for row in stocked.rows() if row[0].startswith("invalidations#")]


def test_an_invalidation_that_fails_costs_the_user_nothing(
    stocked: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any) -> str:
        raise ClientError({"Error": {"Code": "TooManyInvalidationsInProgress", "Message": ""}}, "CreateInvalidation")

    monkeypatch.setattr(derivation, "invalidate_redirect", refuse)
    assert stocked.get("/resize/10x/seeding.jpg")["statusCode"] == 200
    assert emitted(capsys.readouterr().out)["RedirectInvalidationsSkipped"] == [1]


def test_a_version_in_the_transform_opts_into_immutable_caching(stocked: World) -> None:
    stocked.get("/resize/10x,v=7/seeding.jpg")
    stored = stocked.s3.head_object(Bucket=DESTINATION, Key="10x,v=7/seeding.jpg")
    assert stored["CacheControl"] == "public, max-age=31536000, s-maxage=31536000, immutable"


def test_an_image_too_large_for_lambda_is_a_redirect_to_where_it_was_just_stored(
    stocked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "LARGEST_BODY", 1000)
    answer = stocked.invoke("resize", "resize-awkward-key")
    assert (answer["statusCode"], answer["body"]) == (302, "")
    assert answer["headers"]["Location"] == "/80x80,fit=cover/%C3%A9t%C3%A9/a%20b%2Bc%20100%25.jpg"
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert f"80x80,fit=cover/{AWKWARD}" in stocked.listing()


def test_the_largest_image_that_is_returned_fits_into_what_lambda_returns() -> None:
    body, tags = bytes(answers.LARGEST_BODY), "0" * 64 + "," + "1" * 64
    derivative = derivation.Derivative("1x/a.jpg", body, "image/webp", '"e"', tags)
    largest = answers.image(derivative, "fetch;dur=1.0, " * 7, "public, max-age=31536000, s-maxage=31536000, immutable")
    assert largest["statusCode"] == 200
    assert answers.RESPONSE_LIMIT - answers.ROOM_FOR_HEADERS <= len(json.dumps(largest)) <= answers.RESPONSE_LIMIT


def test_without_redirects_an_answer_is_cached_as_long_as_what_is_stored_and_nothing_is_invalidated(
    stocked: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(monkeypatch, has_redirects=False)
    answer = stocked.invoke("resize", "resize-awkward-key")
    stored = stocked.s3.head_object(Bucket=DESTINATION, Key=f"80x80,fit=cover/{AWKWARD}")
    assert answer["headers"]["Cache-Control"] == stored["CacheControl"] == "public, max-age=3600, s-maxage=31536000"
    assert answer["headers"]["x-amz-meta-cache-tag"] == stored["Metadata"]["cache-tag"]
    told = emitted(capsys.readouterr().out)
    assert not {"RedirectInvalidations", "RedirectInvalidationsSkipped"} & told.keys()


def test_an_old_image_too_large_for_lambda_is_no_redirect_for_that_would_loop(
    stocked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stocked.invoke("resize", "resize-jpeg-to-webp")
    monkeypatch.setattr(answers, "LARGEST_BODY", 1000)
    assert stocked.invoke("resize", "resize-jpeg-to-webp")["statusCode"] == 302

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = UTC) -> Any:
            return datetime.now(tz) + timedelta(seconds=61)

    monkeypatch.setattr(derivation, "datetime", Later)
    answer = stocked.invoke("resize", "resize-jpeg-to-webp")
    assert problem(answer)["status"] == 503
    assert "Location" not in answer["headers"]


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ("resize-malformed-transform", 400),
        ("resize-unknown-original", 404),
        ("resize-too-large", 413),
        ("resize-not-an-image", 415),
    ],
)
def test_what_is_wrong_is_told_as_problem_details(stocked: World, event: str, status: int) -> None:
    details = problem(stocked.invoke("resize", event))
    assert details["status"] == status
    assert details["type"].startswith("urn:problem-type:")
    assert details["detail"]


def test_a_malformed_transform_names_the_part(stocked: World) -> None:
    details = problem(stocked.invoke("resize", "resize-malformed-transform"))
    assert details["part"] == "fit=stretch"
    assert details["detail"].startswith("'fit=stretch': fit must be contain, ")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/resize/30x/90x/seeding.jpg", 400),
        ("/resize/30x/%ff%fe.jpg", 400),
        ("/resize/30x", 404),
        ("/resize/", 404),
        ("/resize/favicon.ico", 404),
        ("/resize/30x/a%00b", 404),
        ("/resize/30x/" + "k" * 801, 404),
        ("/resize/30x/resize/30x/seeding.jpg", 404),
    ],
)
def test_a_path_that_names_no_derivative_is_refused(stocked: World, path: str, status: int) -> None:
    assert problem(stocked.get(path))["status"] == status


def test_a_damaged_image_is_a_422(stocked: World) -> None:
    stocked.s3.put_object(Bucket=DESTINATION, Key="seeding.jpg", Body=PHOTOGRAPH[:20_000])
    assert problem(stocked.invoke("resize", "resize-jpeg-to-webp"))["status"] == 422


def test_an_original_with_too_many_bytes_is_refused_unread(stocked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, limits=replace(app.settings.limits, max_input_bytes=1000))
    monkeypatch.setattr(objects, "_read", lambda _: pytest.fail("it was read"))
    assert problem(stocked.invoke("resize", "resize-jpeg-to-webp"))["status"] == 413


@pytest.mark.parametrize(("size", "status"), [("300x200", 200), ("300x201", 403), ("300x", 403), ("q=50", 403)])
def test_a_dimension_that_is_not_listed_is_refused(
    stocked: World, monkeypatch: pytest.MonkeyPatch, size: str, status: int
) -> None:
    configure(monkeypatch, allowed_dimensions=frozenset({"300x200", "600x"}))
    assert stocked.get(f"/resize/{size}/seeding.jpg")["statusCode"] == status


@pytest.mark.parametrize(("path", "status"), [("30x,f=webp", 200), ("30x,f=png", 403), ("30x", 403)])
def test_a_type_that_is_not_listed_is_refused(
    stocked: World, monkeypatch: pytest.MonkeyPatch, path: str, status: int
) -> None:
    configure(monkeypatch, allowed_types=frozenset({"webp"}))
    assert stocked.get(f"/resize/{path}/seeding.jpg")["statusCode"] == status


def test_operations_come_together(stocked: World) -> None:
    image = picture(stocked.invoke("resize", "resize-operations"))
    assert (image.size, image.mode) == ((300, 200), "RGBA")
    assert image.getpixel((0, 0))[3] == 0  # type: ignore[index] # it has channels


def test_a_preset_is_made_and_stored_as_what_it_stands_for(stocked: World) -> None:
    answer = stocked.get("/resize/preset=thumb/seeding.jpg")
    assert (answer["statusCode"], picture(answer).size) == (200, (60, 60))
    assert "60x60,fit=cover/seeding.jpg" in stocked.listing()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("preset=thumb", 200),
        ("fit=cover,60x60,v=3", 200),
        ("90x,f=auto", 200),
        ("90x,f=webp", 200),
        ("90x,f=png", 403),
        ("60x60", 403),
        ("preset=thumb,q=50", 403),
        ("f=json", 403),
    ],
)
def test_where_only_presets_are_made_all_else_is_refused(
    stocked: World, monkeypatch: pytest.MonkeyPatch, path: str, status: int
) -> None:
    configure(monkeypatch, transforms="presets")
    assert stocked.get(f"/resize/{path}/seeding.jpg")["statusCode"] == status


def test_a_malformed_preset_stops_the_function_from_starting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    del world  # whose environment it is
    monkeypatch.setenv("PRESETS", "thumb:60x60;broken:w=0")
    with pytest.raises(ValueError, match="preset 'broken' is malformed"):
        settings.Settings.from_environment()


def test_an_original_is_described_on_request_whatever_may_be_made(
    stocked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, allowed_types=frozenset({"webp"}), allowed_dimensions=frozenset({"60x"}))
    answer = stocked.get("/resize/300x,f=json/seeding.jpg")
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, "application/json")
    said = json.loads(body(answer))
    assert (said["format"], said["bytes"]) == ("jpeg", len(PHOTOGRAPH))
    stored = stocked.s3.head_object(Bucket=DESTINATION, Key="f=json/seeding.jpg")
    assert stored["ContentType"] == "application/json"


def test_a_bug_is_a_500_that_tells_only_where_to_look(
    stocked: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    break_transcoding(monkeypatch, RuntimeError("secret of the house"))
    answer = stocked.invoke("resize", "resize-jpeg-to-webp")
    assert problem(answer)["request_id"] == REQUEST_ID
    assert "secret" not in json.dumps(answer)
    assert answer["statusCode"] == 500
    assert emitted(capsys.readouterr().out)["Bugs"] == [1]
    assert "RuntimeError: secret of the house" in caplog.text


@pytest.mark.parametrize("code", ["SlowDown", "InternalError"])
def test_an_aws_that_is_busy_is_a_503_and_no_bug(
    stocked: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    def fail(*_: Any) -> None:
        metadata = {"HTTPStatusCode": 503 if code == "SlowDown" else 500}
        raise ClientError({"Error": {"Code": code, "Message": ""}, "ResponseMetadata": metadata}, "PutObject")  # type: ignore[typeddict-item]

    monkeypatch.setattr(objects, "put", fail)
    answer = stocked.invoke("resize", "resize-jpeg-to-webp")
    assert (problem(answer)["status"], answer["headers"]["Retry-After"]) == (503, "2")
    metrics = emitted(capsys.readouterr().out)
    assert (metrics["Unavailable"], "Bugs" in metrics) == ([1], False)


@pytest.mark.parametrize("path", ["/resize/30x/nothing.jpg", "/resize/30x/seeding.jpg"])
def test_head_is_answered_as_get_for_api_gateway_to_compute_the_length(stocked: World, path: str) -> None:
    head, get = (stocked.get(path, method=method) for method in ("HEAD", "GET"))
    assert (head["statusCode"], head["body"]) == (get["statusCode"], get["body"])


def test_an_aws_that_is_too_slow_or_at_fault_is_a_503_and_no_bug(
    stocked: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = stocked.invoke("resize", "resize-jpeg-to-webp", seconds=9)
    assert (answer["statusCode"], problem(answer)["title"]) == (503, "Try again")
    assert answer["headers"]["Retry-After"] == "2"

    def slow_down(*_: Any) -> None:
        response: Any = {"Error": {"Code": "SlowDown"}, "ResponseMetadata": {"HTTPStatusCode": 503}}
        raise ClientError(response, "GetObject")

    monkeypatch.setattr(objects, "open_object", slow_down)
    assert stocked.invoke("resize", "resize-jpeg-to-webp")["statusCode"] == 503
    metrics = emitted(capsys.readouterr().out)
    assert metrics["Unavailable"] == [1, 1]
    assert "Bugs" not in metrics
