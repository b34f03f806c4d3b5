"""Scripts, styles and images from the layer. The name carries a hash of the content, so browsers keep them a year."""

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Response
from rcssmin import cssmin

from falaai.errors import NotFound
from falaai.web.scripts import joined

_FOLDER = Path(__file__).parent / "static"

router = APIRouter()


@cache
def _content(name: str) -> bytes:
    """A file as it is served: a script together with what it imports, neither it nor a stylesheet with comments."""
    if name.endswith(".js"):
        return joined(_FOLDER, name).encode()
    content = (_FOLDER / name).read_bytes()
    return bytes(cssmin(content)) if name.endswith(".css") else content


@cache
def _compressed(name: str) -> bytes:
    return gzip.compress(_content(name), mtime=0)


@cache
def _hashed_name(name: str) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(_content(name)).hexdigest()[:12]}.{suffix}"


@cache
def _names() -> dict[str, str]:
    """Served name, such as chat.3f9a0c12d4e5.js, to the file's own."""
    return {_hashed_name(path.name): path.name for path in _FOLDER.iterdir() if path.is_file()}


def static_path(name: str) -> str:
    """The path that serves the file `name` of the static folder as it is now."""
    return f"/static/{_hashed_name(name)}"


@router.get("/static/{name}", responses={200: {"content": {"*/*": {}}}})
def static_file(name: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
    """A file of the static folder, under its hashed name only; text is compressed for a client that takes gzip.

    Pages and JSON are not compressed: beside a secret, the length of what was compressed would tell of it.
    """
    if name not in _names():
        raise NotFound(name)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if kind != "image/png" and "gzip" in accept_encoding:
        headers["Content-Encoding"] = "gzip"
        return Response(_compressed(_names()[name]), media_type=kind, headers=headers)
    return Response(_content(_names()[name]), media_type=kind, headers=headers)
