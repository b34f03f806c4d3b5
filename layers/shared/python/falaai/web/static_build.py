"""Build the files that a web function serves: joined scripts and styles, compressed copies, hashed names.

The build runs this module and removes it from the layer, with `scripts` and `styles`, so that no deployed function
joins anything. When the sources run, `static_files` calls the same `build` once in a process.
"""

import gzip
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from falaai.web import scripts, styles

SHARED = Path(__file__).parent / "static"
BUILT = "built"
_JOINED = {".js": scripts.joined, ".css": styles.joined}
_COMPRESSED_ALREADY = (".png", ".avif", ".ico")


def build(folder: Path) -> dict[str, bytes]:
    """Return the files that `folder` serves, by their served names; a name with .gz holds the compressed copy.

    A served name holds a hash of the content. A script or style that another one imports is not a file of its own.
    """
    built: dict[str, bytes] = {}
    for name, content in _contents(folder):
        stem, _, suffix = name.rpartition(".")
        served = f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"
        built[served] = content
        if not name.endswith(_COMPRESSED_ALREADY):
            built[f"{served}.gz"] = gzip.compress(content, mtime=0)
    return built


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    sources = "".join(path.read_text() for path in paths if path.suffix in _JOINED)
    for path in paths:
        if join := _JOINED.get(path.suffix):
            if f'"./{path.name}";' not in sources:
                yield path.name, join(path.name, folder, SHARED).encode()
        else:
            yield path.name, path.read_bytes()


def replace_sources(folder: Path) -> None:
    """Put the built files into `folder`/built and delete the sources, which are never served."""
    built = build(folder)
    for source in [path for path in folder.iterdir() if path.is_file()]:
        source.unlink()
    (folder / BUILT).mkdir()
    for name, content in built.items():
        (folder / BUILT / name).write_bytes(content)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        replace_sources(Path(argument))
