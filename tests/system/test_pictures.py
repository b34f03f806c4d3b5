"""Whatever is sent as a picture, what is kept is a small clean one of our own making."""

import io
import os
import re
from contextlib import suppress

import pytest
from PIL import Image

from falaai.errors import InvalidInput
from falaai.rate_limits import PICTURES_AN_HOUR
from falaai.web import texts
from falaai_auth.picture_cleaning import JPEG_MAX_COUNT, clean_picture
from tests.support.cpu_time import cpu_seconds
from tests.support.people import People, Person, second_device
from tests.support.pictures import (
    assert_upright_and_bare,
    hostile_jpeg,
    jpeg_with_secret,
    objects,
    phone_photo,
    png,
    upload,
)
from tests.support.running_cloud import RunningCloud


def test_picture_becomes_a_small_clean_webp_and_the_old_one_goes(member: Person, cloud: RunningCloud) -> None:
    before = objects(cloud)
    assert upload(member, jpeg_with_secret(), "../../x.svg").status_code == 200
    served = member.http.get("/profile/picture")
    assert served.headers["content-type"] == "image/webp"
    assert b"SEGREDO" not in served.content
    assert b"script" not in served.content
    picture = Image.open(io.BytesIO(served.content))
    assert (picture.format, picture.size) == ("WEBP", (256, 256))
    (first,) = objects(cloud) - before
    assert re.fullmatch(r"pictures/[\w-]{43}\.webp", first)
    assert upload(member, png(10, 10)).status_code == 200
    assert first not in objects(cloud)
    assert len(objects(cloud) - before) == 1


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 422),
        (b"<html><script>alert(1)</script></html>", 422),
        (jpeg_with_secret()[:200], 422),
        (png(9000, 9000), 422),
        (b"\x89PNG\r\n\x1a\n" + os.urandom(2 * 1024 * 1024), 422),
        (os.urandom(3 * 1024 * 1024), 413),
    ],
)
def test_what_is_no_picture_is_refused_clearly(member: Person, content: bytes, status: int) -> None:
    answer = upload(member, content)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    assert member.http.get("/profile/picture").status_code == 404


def clean_or_refuse(content: bytes) -> None:
    with suppress(InvalidInput):
        clean_picture(content)


def test_work_of_a_picture_is_bounded() -> None:
    photo, many_scans = hostile_jpeg(0), hostile_jpeg(3000)
    most_scans = hostile_jpeg(JPEG_MAX_COUNT - photo.count(b"\xff\xda"))
    metadata = b"\xff\xe1\x00\x12Exif\x00\x00" + b"x" * 10
    usual = cpu_seconds(lambda: clean_or_refuse(photo))
    assert cpu_seconds(lambda: clean_or_refuse(many_scans)) < usual
    assert cpu_seconds(lambda: clean_or_refuse(most_scans)) < 10 * usual
    assert cpu_seconds(lambda: clean_or_refuse(photo[:2] + metadata * 90_000 + photo[2:])) < usual


def test_many_scans_are_refused_as_no_picture(member: Person) -> None:
    with pytest.raises(InvalidInput):
        clean_picture(hostile_jpeg(3000, side=100))
    answer = upload(member, hostile_jpeg(3000, side=100))
    assert (answer.status_code, answer.json()["fields"][0]["message"]) == (422, texts.PICTURE_NOT_VALID)


def test_photo_on_its_side_is_stored_upright_and_bare(member: Person) -> None:
    lying = Image.open(io.BytesIO(phone_photo()))
    out = io.BytesIO()
    lying.resize((800, 600)).save(out, "JPEG", exif=lying.getexif())
    assert upload(member, out.getvalue()).status_code == 200
    content = member.http.get("/profile/picture").content
    assert_upright_and_bare(content)


def test_pictures_an_hour_are_limited_for_a_person_on_every_device(member: Person, people: People) -> None:
    for _ in range(PICTURES_AN_HOUR.hits):
        assert upload(member, b"nada").status_code == 422
    refused = upload(second_device(people, member), png(10, 10))
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 0 < int(refused.headers["retry-after"]) <= PICTURES_AN_HOUR.seconds
    assert member.http.put("/profile/update", files={"nome_completo": (None, "Ana Clara")}).status_code == 200


@pytest.mark.parametrize("size", [3, 5, 7])  # for the function, for Lambda's limit of a request, for both
def test_picture_too_large_to_be_read_is_told_so(member: Person, size: int) -> None:
    for method in ("PUT", "POST"):
        answer = member.http.request(
            method,
            "/profile/update",
            files={"profile_pic": ("foto.jpg", os.urandom(size * 1024 * 1024), "image/jpeg")},
            headers={"accept": "text/html" if method == "POST" else "application/json"},
        )
        assert answer.status_code == 413
        assert texts.PICTURE_LARGE in answer.text
        assert "mensagem" not in answer.text


def test_truncated_multipart_is_422(member: Person) -> None:
    truncate_after = b'--x\r\nContent-Disposition: form-data; name="profile_pic"; filename="a.png"\r\n\r\nabc'
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert member.http.put("/profile/update", content=truncate_after, headers=headers).status_code == 422
