"""Whatever is sent as a picture, what is kept is a small clean one of our own making."""

import io
import os
import re

import pytest
from PIL import Image

from tests.conftest import RunningCloud
from tests.system.conftest import Person
from tests.system.pictures import jpeg_with_secret, objects, png, upload


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


def test_truncated_multipart_is_422(member: Person) -> None:
    cut = b'--x\r\nContent-Disposition: form-data; name="profile_pic"; filename="a.png"\r\n\r\nabc'
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert member.http.put("/profile/update", content=cut, headers=headers).status_code == 422
