"""Build the files that a web function serves: joined scripts and styles, compressed copies, hashed names.

The build runs this module and removes it from the layer, with `scripts` and `styles`, so that no deployed function
joins anything. When the sources run, `static_files` calls the same `build` once in a process.
"""

import gzip
import hashlib
import re
import sys
from pathlib import Path

from falaai.web import scripts, styles

SHARED = Path(__file__).parent / "static"
BUILT = "built"
_IMPORTED = re.compile(r'(?:from|@import) "\./([a-z_]+\.(?:js|css))";')
_COMPRESSED_ALREADY = (".png", ".avif", ".ico")


def build(folder: Path) -> dict[str, bytes]:
    """Return the files that `folder` serves, by their served names; a name with .gz holds the compressed copy.

    A served name holds a hash of the content. A script or style that another one imports is not a file of its own.
    """
    built: dict[str, bytes] = {}
    served: dict[str, str] = {}
    for path in _roots(folder):
        content = _content(path, served)
        stem, _, suffix = path.name.rpartition(".")
        served[path.name] = f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"
        built[served[path.name]] = content
        if not path.name.endswith(_COMPRESSED_ALREADY):
            built[f"{served[path.name]}.gz"] = gzip.compress(content, mtime=0)
    return built


def _roots(folder: Path) -> list[Path]:
    """Return the files of a folder that no other one imports. Scripts that pages load later are last."""
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    sources = "".join(path.read_text() for path in paths if path.suffix in (".js", ".css"))
    imported = set(_IMPORTED.findall(sources))
    return sorted((path for path in paths if path.name not in imported), key=_is_later)


def _is_later(path: Path) -> bool:
    return path.suffix == ".js" and scripts.page_of(path.name, path.parent) is not None


def _content(path: Path, served: dict[str, str]) -> bytes:
    """Return the content of a served file. `served` has the served names of the files before it."""
    if path.suffix == ".js":
        return scripts.joined(path.name, path.parent, SHARED, served=served).encode()
    if path.suffix == ".css":
        return styles.joined(path.name, path.parent, SHARED).encode()
    return path.read_bytes()


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
