"""Scripts, styles and images: the shared ones of the layer and each function's own.

The served name holds a hash of the content, so that browsers can keep a file for a year.
"""

import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Response

from falaai.errors import NotFound


@dataclass(frozen=True)
class StaticFolder:
    """A folder of files, and the path under which one function serves them."""

    path: str
    folder: Path


SHARED = StaticFolder("/static", Path(__file__).parent / "static")


@cache
def _built_files(files: StaticFolder) -> dict[str, bytes]:
    """Return all files by their served names. A name with .gz holds the compressed copy of a file.

    The build has written these files. Without a build, when the sources run, each process makes the same files once.
    """
    built = files.folder / "built"
    if built.is_dir():
        return {path.name: path.read_bytes() for path in built.iterdir()}
    from falaai.web import static_build  # not in the deployed layer

    return static_build.build(files.folder)


@cache
def _served_names(files: StaticFolder) -> dict[str, str]:
    """Map each name that templates use, such as chat.js, to its served name, such as chat.3f9a0c12d4e5.js."""
    served = [name for name in _built_files(files) if not name.endswith(".gz")]
    return {f"{name.rsplit('.', 2)[0]}.{name.rsplit('.', 1)[1]}": name for name in served}


def static_path(name: str, own: StaticFolder | None = None) -> str:
    """Return the path that serves the file `name`: the function's own file, or the shared one."""
    files = own if own and name in _served_names(own) else SHARED
    return f"{files.path}/{_served_names(files)[name]}"


def read(name: str, own: StaticFolder | None = None) -> bytes:
    """Return the content of the file that `static_path` names."""
    files = own if own and name in _served_names(own) else SHARED
    return _built_files(files)[_served_names(files)[name]]


def build_router(files: StaticFolder) -> APIRouter:
    """Return a router with the one route that serves a folder."""
    router = APIRouter()

    @router.get(f"{files.path}/{{name}}", responses={200: {"content": {"*/*": {}}}})
    def static_file(name: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
        """Return a file of the static folder, by its hashed name only, with gzip if the client accepts it."""
        if name not in _served_names(files).values():
            raise NotFound(name)
        built = _built_files(files)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        if "gzip" in accept_encoding and (compressed := built.get(f"{name}.gz")):
            headers["Content-Encoding"] = "gzip"
            return Response(compressed, media_type=kind, headers=headers)
        return Response(built[name], media_type=kind, headers=headers)

    return router


router = build_router(SHARED)
