"""The whole workflow over real HTTP: the deployed template and the functions' own code, from upload to cached image."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageChops
from pillow_avif.AvifImagePlugin import AvifImageFile  # and that registers it with Pillow

from local.stack import StackOptions
from world import SAMPLES

from ..running import Running, ask, encoded, start, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.sockets

COFFEE = (SAMPLES / "coffee.png").read_bytes()
CHELSEA = (SAMPLES / "chelsea.png").read_bytes()
HUBBLE = (SAMPLES / "hubble.jpg").read_bytes()
CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
OLD_EDGE = "image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
OLD_SAFARI = "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5"


@pytest.fixture(scope="module")
def strict() -> Iterator[Running]:
    """A stack with a tight budget and few sizes and types."""
    parameters = {"InvalidationBudget": "2", "AllowedDimensions": "90x60,91x,92x,93x,94x", "AllowedTypes": "png,webp"}
    running, stop = start(StackOptions(parameters=parameters))
    try:
        yield running
    finally:
        stop()


def picture(body: bytes) -> Image.Image:
    image = Image.open(BytesIO(body))
    image.load()
    return image


def mean_difference(image: Image.Image, reference: Image.Image) -> float:
    """Return by how many levels of 255 the pixels differ on average."""
    expected = reference.convert("RGB").resize(image.size, Image.Resampling.LANCZOS)
    histogram = ImageChops.difference(image.convert("RGB"), expected).convert("L").histogram()
    return sum(level * count for level, count in enumerate(histogram)) / (image.width * image.height)


def test_an_image_is_made_then_stored_then_cached(stack: Running) -> None:
    stack.upload("workflow.jpg", HUBBLE, ContentType="image/jpeg")
    *redirects, made = stack.follow("/300x200/workflow.jpg")
    assert [redirect.status for redirect in redirects] == stack.redirects
    for redirect in redirects:
        assert redirect.headers["location"] == f"{stack.names['edge']}/resize/300x200/workflow.jpg"
        assert "cache-control" not in redirect.headers
    assert (made.status, made.headers["content-type"], picture(made.body).size) == (200, "image/jpeg", (229, 200))
    assert "encode;dur=" in made.headers["server-timing"]
    if not stack.redirects:
        assert stack.get("/300x200/workflow.jpg").cache == "Hit", "what the function made is cached at the final URL"
        assert made.headers["cache-control"] == "public, max-age=3600, s-maxage=31536000"
        assert stack.stack.edge.invalidate(["/300x200/workflow.jpg"]) == 1
    stored = stack.get("/300x200/workflow.jpg")
    assert (stored.status, stored.cache, stored.body) == (200, "Miss", made.body)
    assert stored.headers["etag"] == made.headers["etag"]
    assert stored.headers["cache-control"] == "public, max-age=3600, s-maxage=31536000"
    cached = stack.get("/300x200/workflow.jpg")
    assert (cached.status, cached.cache, cached.body) == (200, "Hit", made.body)


def test_every_step_of_the_workflow_is_reported(stack: Running) -> None:
    stack.upload("reported.jpg", HUBBLE)
    stack.follow("/20x/reported.jpg")
    if not stack.redirects:
        stack.stack.edge.invalidate(["/20x/reported.jpg"])  # else it is a hit from now on
    for _ in range(2):
        stack.follow("/20x/reported.jpg")
    reported = [step.number for step in stack.steps if "reported.jpg" in f"{step.what} {step.details}"]
    of_redirects = {"6", "11"}
    everywhere = {"B", "C", "1", "2", "3", "4", "5", "7", "8", "9", "10", "12", "13"}
    assert set(reported) - {"", "A"} == everywhere | (of_redirects if stack.redirects else set())
    assert reported.index("5") < reported.index("7") < reported.index("8"), "API Gateway is called before the function"


def test_an_original_is_served_with_protective_headers(stack: Running) -> None:
    stack.upload("page.html", b"<script>alert(1)</script>", ContentType="text/html")
    headers = stack.get("/page.html").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert headers["cross-origin-resource-policy"] == "cross-origin"


def test_a_page_of_another_site_may_read_an_image(stack: Running) -> None:
    stack.upload("cors.png", COFFEE)
    assert stack.get("/cors.png", Origin="https://example.com").headers["access-control-allow-origin"] == "*"


def test_two_spellings_cost_one_render(stack: Running) -> None:
    stack.upload("spelled.png", COFFEE)
    first = stack.follow("/w=90,height=60,fit=contain/spelled.png")[-1]
    second = stack.get("/90x60/spelled.png")
    assert (first.status, second.status, first.body) == (200, 200, second.body)


def test_an_original_is_served_as_it_is(stack: Running) -> None:
    stack.upload("plain.png", COFFEE, ContentType="image/png")
    answer = stack.get("/plain.png")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "image/png", COFFEE)
    assert stack.get("/plain.png").cache == "Hit"


def test_a_replaced_original_replaces_its_derivatives(stack: Running) -> None:
    stack.upload("replaced.png", COFFEE)
    old = [stack.follow("/90x60/replaced.png")[-1].body for _ in range(3)][-1]
    assert [stack.get("/replaced.png").body for _ in range(2)] == [COFFEE, COFFEE]
    assert stack.get("/90x60/replaced.png").cache == stack.get("/replaced.png").cache == "Hit"
    stack.upload("replaced.png", CHELSEA)
    wait_for(lambda: stack.get("/replaced.png").body == CHELSEA)
    wait_for(lambda: stack.follow("/90x60/replaced.png")[-1].body != old)
    new = stack.follow("/90x60/replaced.png")[-1].body
    assert mean_difference(picture(new), picture(CHELSEA)) < 8 < mean_difference(picture(old), picture(CHELSEA))
    assert [stack.get("/90x60/replaced.png").body for _ in range(2)] == [new, new]
    assert stack.rows("replaced.png") == {"#", "90x60"}


def test_a_removed_original_is_gone_from_bucket_index_and_cache(stack: Running) -> None:
    stack.upload("removed.png", COFFEE)
    for _ in range(3):
        stack.follow("/90x60/removed.png")
    assert stack.get("/90x60/removed.png").cache == "Hit"
    assert stack.rows("removed.png") == {"#", "90x60"}
    stack.remove("removed.png")
    wait_for(lambda: stack.follow("/90x60/removed.png")[-1].status == 404)
    wait_for(lambda: stack.etag("90x60/removed.png") is None)
    wait_for(lambda: stack.rows("removed.png") == set())
    assert stack.follow("/removed.png")[-1].status == 404


@pytest.mark.parametrize(
    "key",
    [
        "with space.png",
        "plus+plus.png",
        "percent%.png",
        "percent%2Bencoded.png",
        "été/naïve/日本語.png",
        "question?and#hash.png",
        "quotes'\"&<>.png",
        "double//slash.png",
        "k" * 795 + ".png",
    ],
)
def test_an_awkward_key_goes_through_the_whole_chain(stack: Running, key: str) -> None:
    stack.upload(key, COFFEE, ContentType="image/png")
    *redirects, made = stack.follow(f"/30x20/{encoded(key)}")
    assert [redirect.status for redirect in redirects] == stack.redirects
    assert (made.status, picture(made.body).size) == (200, (30, 20))
    assert stack.etag(f"30x20/{key}") == made.headers["etag"]
    stored, cached = stack.get(f"/30x20/{encoded(key)}"), stack.get(f"/30x20/{encoded(key)}")
    assert (stored.status, cached.status, cached.cache, cached.body) == (200, 200, "Hit", made.body)
    assert stack.get(f"/{encoded(key)}").body == COFFEE
    stack.remove(key)
    wait_for(lambda: stack.etag(f"30x20/{key}") is None)
    stack.restore(key)
    wait_for(lambda: stack.follow(f"/30x20/{encoded(key)}")[-1].cache == "Miss")
    assert stack.etag(f"30x20/{key}") == made.headers["etag"]


def test_a_raw_plus_in_a_path_is_a_plus(stack: Running) -> None:
    stack.upload("a+b.png", COFFEE)
    assert stack.follow("/30x20/a+b.png")[-1].status == 200
    assert stack.get("/a+b.png").body == COFFEE


@pytest.mark.parametrize(
    ("accept", "content_type"), [(CHROME, "image/avif"), (OLD_EDGE, "image/webp"), (OLD_SAFARI, "image/jpeg")]
)
def test_an_auto_format_is_one_that_the_browser_accepts(stack: Running, accept: str, content_type: str) -> None:
    stack.upload("auto.jpg", HUBBLE)
    for _ in range(3):
        answer = stack.follow("/60x,f=auto/auto.jpg", Accept=accept)[-1]
        assert (answer.status, answer.headers["content-type"]) == (200, content_type)
    assert (answer.cache, answer.headers["vary"]) == ("Hit", "Accept")
    assert "vary" not in stack.get("/60x,f=webp/auto.jpg", Accept=accept).headers


def test_an_avif_original_becomes_jpeg_for_a_browser_without_avif(stack: Running) -> None:
    body = BytesIO()
    picture(COFFEE).save(body, AvifImageFile.format, speed=10)
    stack.upload("modern.avif", body.getvalue(), ContentType="image/avif")
    for accept, content_type in ((OLD_SAFARI, "image/jpeg"), (CHROME, "image/avif")):
        for _ in range(2):
            answer = stack.follow("/60x,f=auto/modern.avif", Accept=accept)[-1]
            assert (answer.status, answer.headers["content-type"]) == (200, content_type)
            assert picture(answer.body).size == (60, 40)
    assert stack.etag("60x,f=auto/modern.avif") is not None


def test_an_animation_stays_one(stack: Running) -> None:
    frames = [picture(COFFEE).resize((60, 40)), picture(CHELSEA).resize((60, 40))]
    body = BytesIO()
    frames[0].save(body, "GIF", save_all=True, append_images=frames[1:], duration=120, loop=0)
    stack.upload("moving.gif", body.getvalue())
    made = picture(stack.follow("/30x20,f=webp/moving.gif")[-1].body)
    assert (made.format, made.n_frames) == ("WEBP", 2)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/300x200,fit=stretch/errors.png", 400),
        ("/300x200/300x200/errors.png", 400),
        ("/=/errors.png", 400),
        ("/300x200/missing.png", 404),
        ("/missing.png", 404),
        ("/", 404),
        ("/favicon.ico", 404),
        ("/robots.txt", 404),
        ("/16000x16000,fit=fill/errors.png", 413),
        ("/300x200/errors.txt", 415),
        ("/300x200/damaged.jpg", 422),
    ],
)
def test_an_error_is_returned_as_problem_details_and_not_cached(stack: Running, path: str, status: int) -> None:
    for key, body in {"errors.png": COFFEE, "errors.txt": b"text", "damaged.jpg": HUBBLE[:9000]}.items():
        if stack.etag(key) is None:
            stack.upload(key, body)
    answer = stack.follow(path)[-1]
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.headers["cache-control"] == "no-store"
    assert json.loads(answer.body)["status"] == status
    assert "location" not in answer.headers


def test_a_key_that_a_website_cannot_serve_is_refused_and_does_not_loop(stack: Running) -> None:
    for key in ("album/", "a/../b.png"):
        stack.stack.s3.put_object(Bucket=stack.names["source_bucket"], Key=key, Body=COFFEE)
    stack.upload("after-album.png", COFFEE)
    answers = stack.follow("/f=png/album/")
    assert [answer.status for answer in answers] == [*stack.redirects, 404]
    assert (stack.etag("album/"), stack.etag("a/../b.png")) == (None, None)


def test_head_is_answered_like_get(stack: Running) -> None:
    stack.upload("head.png", COFFEE)
    first = stack.get("/90x60/head.png", "HEAD")
    made = stack.get("/resize/90x60/head.png", "HEAD")
    stored = stack.get("/90x60/head.png", "HEAD")
    assert (first.status, made.status, stored.status) == ((*stack.redirects, 200)[0], 200, 200)
    assert made.headers["etag"] == stored.headers["etag"]
    assert first.body == made.body == stored.body == b""
    whole = stack.get("/90x60/head.png")
    assert whole.status == 200
    assert made.headers["content-length"] == stored.headers["content-length"] == str(len(whole.body))


def test_head_of_a_missing_original_has_the_length_of_the_error(stack: Running) -> None:
    head, get = (stack.get("/resize/90x60/head-of-nothing.png", method) for method in ("HEAD", "GET"))
    assert (head.status, head.body, get.status) == (404, b"", 404)
    assert head.headers["content-length"] == str(len(get.body))


def test_a_revalidation_is_answered_with_304(stack: Running) -> None:
    stack.upload("again.png", COFFEE)
    etag = stack.follow("/90x60/again.png")[-1].headers["etag"]
    assert stack.get("/90x60/again.png", If_None_Match=etag).status == 304


def test_an_image_too_large_for_lambda_is_answered_with_a_302(stack: Running) -> None:
    stack.upload("large.jpg", (SAMPLES / "seeding.jpg").read_bytes())
    path = "/3000x,f=png/large.jpg"
    answers = stack.follow(path)
    assert [answer.status for answer in answers] == [*stack.redirects, 302, 200]
    assert (answers[-2].headers["location"], answers[-2].headers["cache-control"]) == (path, "no-store")
    assert picture(answers[-1].body).width == 3000
    assert stack.get(path).cache == "Hit"


def test_the_destination_bucket_is_not_readable_without_the_secret(stack: Running) -> None:
    stack.upload("secret.png", COFFEE)
    path = f"/{stack.names['destination_bucket']}/secret.png"
    assert ask(stack.names["aws"], path).status == 403
    assert ask(stack.names["aws"], path, Referer="https://example.com/").status == 403


def test_a_cold_burst_loses_nothing(stack: Running) -> None:
    keys = [f"burst/{number}.png" for number in range(200)]
    source = stack.names["source_bucket"]
    with ThreadPoolExecutor(16) as crowd:
        list(crowd.map(lambda key: stack.stack.s3.put_object(Bucket=source, Key=key, Body=COFFEE), keys))
        wait_for(lambda: stack.etag(keys[0]) is not None)
        list(crowd.map(lambda key: wait_for(lambda: stack.etag(key) is not None), keys))
        answers = list(crowd.map(lambda key: stack.follow(f"/45x30/{key}")[-1], keys))
    assert {answer.status for answer in answers} == {200}
    assert {picture(answer.body).size for answer in answers} == {(45, 30)}
    assert all(len(pool._workers) <= stack.stack.options.pool.cap for pool in stack.stack.pools.values())


def test_an_exhausted_invalidation_budget_changes_no_answer(strict: Running) -> None:
    strict.upload("budget.png", COFFEE)
    for width in (91, 92, 93, 94):
        assert [answer.status for answer in strict.follow(f"/{width}x/budget.png")] == [307, 200]
        assert strict.get(f"/{width}x/budget.png").status == 200
    invalidations = [step for step in strict.steps if step.number == "11" and "invalidation_id" in step.details]
    assert len(invalidations) == 2


@pytest.mark.parametrize(
    ("path", "status"), [("90x60", 200), ("90x61", 403), ("90x60,f=webp", 200), ("90x60,f=avif", 403)]
)
def test_disallowed_requests_are_refused(strict: Running, path: str, status: int) -> None:
    if strict.etag("allowed.png") is None:
        strict.upload("allowed.png", COFFEE)
    assert strict.follow(f"/{path}/allowed.png")[-1].status == status


def test_an_auto_format_is_one_that_is_allowed(strict: Running) -> None:
    strict.upload("auto.png", COFFEE)
    answer = strict.follow("/90x60,f=auto/auto.png", Accept=CHROME)[-1]
    assert (answer.status, answer.headers["content-type"]) == (200, "image/webp")


def test_a_missing_permission_of_a_role_is_enforced(strict: Running) -> None:
    strict.upload("role.png", COFFEE)
    iam = strict.client("iam")
    arn = next(f.role for f in strict.stack.deployment.functions.values() if f.tag == "resize")
    role = arn.rsplit("/", 1)[-1]
    policy = iam.get_role_policy(RoleName=role, PolicyName="resize")["PolicyDocument"]
    less = json.loads(json.dumps(policy))
    for statement in less["Statement"]:
        if isinstance(statement["Action"], list) and "s3:PutObject" in statement["Action"]:
            statement["Action"].remove("s3:PutObject")
    iam.put_role_policy(RoleName=role, PolicyName="resize", PolicyDocument=json.dumps(less))
    try:
        answer = strict.follow("/90x60/role.png")[-1]
        assert (answer.status, json.loads(answer.body)["title"]) == (500, "The image could not be made")
    finally:
        iam.put_role_policy(RoleName=role, PolicyName="resize", PolicyDocument=json.dumps(policy))
    assert strict.follow("/90x60/role.png")[-1].status == 200


def test_a_copy_honours_if_match_and_if_none_match(stack: Running) -> None:
    bucket = stack.names["source_bucket"]
    first = stack.stack.s3.put_object(Bucket=bucket, Key="copied/from", Body=b"a")["ETag"]
    copy = {"Bucket": bucket, "Key": "copied/to", "CopySource": {"Bucket": bucket, "Key": "copied/from"}}
    refused = stack.stack.s3.exceptions.ClientError
    with pytest.raises(refused, match="NoSuchKey"):
        stack.stack.s3.copy_object(**copy, IfMatch=first)
    stack.stack.s3.copy_object(**copy, IfNoneMatch="*")
    with pytest.raises(refused, match="PreconditionFailed"):
        stack.stack.s3.copy_object(**copy, IfNoneMatch="*")
    with pytest.raises(refused, match="PreconditionFailed"):
        stack.stack.s3.copy_object(**copy, IfMatch='"another"')
    stack.stack.s3.copy_object(**copy, IfMatch=first)
