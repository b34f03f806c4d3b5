"""Scripts, styles and images: the shared ones of the layer and each function's own.

The served name holds a hash of the content, so that browsers can keep a file for a year.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Response

from falaai.errors import NotFound
from falaai.web import scripts, styles


@dataclass(frozen=True)
class StaticFolder:
    """A folder of files, and the path under which one function serves them."""

    path: str
    folder: Path

    def has(self, name: str) -> bool:
        return (self.folder / name).is_file()


SHARED = StaticFolder("/static", Path(__file__).parent / "static")


@cache
def _content(files: StaticFolder, name: str) -> bytes:
    """Return a file as it is served: scripts and stylesheets with their imports and without comments."""
    if name.endswith(".js"):
        return scripts.joined(name, files.folder, SHARED.folder).encode()
    if name.endswith(".css"):
        return styles.joined(name, files.folder, SHARED.folder).encode()
    return (files.folder / name).read_bytes()


@cache
def _compressed(files: StaticFolder, name: str) -> bytes:
    return gzip.compress(_content(files, name), mtime=0)


@cache
def _hashed_name(files: StaticFolder, name: str) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(_content(files, name)).hexdigest()[:12]}.{suffix}"


@cache
def _names(files: StaticFolder) -> dict[str, str]:
    """Map each served name, such as chat.3f9a0c12d4e5.js, to its file name."""
    return {_hashed_name(files, path.name): path.name for path in files.folder.iterdir() if path.is_file()}


def static_path(name: str, own: StaticFolder | None = None) -> str:
    """Return the path that serves the file `name`: the function's own file, or the shared one."""
    files = own if own and own.has(name) else SHARED
    return f"{files.path}/{_hashed_name(files, name)}"


def build_router(files: StaticFolder) -> APIRouter:
    """Return a router with the one route that serves a folder."""
    router = APIRouter()

    @router.get(f"{files.path}/{{name}}", responses={200: {"content": {"*/*": {}}}})
    def static_file(name: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
        """Return a file of the static folder, by its hashed name only, with gzip if the client accepts it.

        Pages and JSON are not compressed: the length of a compressed body can reveal a secret in it.
        """
        names = _names(files)
        if name not in names:
            raise NotFound(name)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        if kind != "image/png" and "gzip" in accept_encoding:
            headers["Content-Encoding"] = "gzip"
            return Response(_compressed(files, names[name]), media_type=kind, headers=headers)
        return Response(_content(files, names[name]), media_type=kind, headers=headers)

    return router


router = build_router(SHARED)
