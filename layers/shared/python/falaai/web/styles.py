"""Join a page's stylesheet and its imports into one file, because each requested file invokes a function.

An import is a line of its own: `@import "./button.css";`.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from rcssmin import cssmin

_IMPORT = re.compile(r'^@import "\./([a-z_]+\.css)";$\n?', re.MULTILINE)


def joined(name: str, *folders: Path) -> str:
    """Return the minified stylesheet `name` with its imports in their order, each once.

    The first folder that has a file wins.
    """
    parts: dict[str, str] = {}
    _add(folders, name, parts)
    return str(cssmin("".join(parts.values())))


def _add(folders: Sequence[Path], name: str, parts: dict[str, str]) -> None:
    paths = [folder / name for folder in folders]
    source = next((path for path in paths if path.is_file()), paths[-1]).read_text()
    for imported in _IMPORT.findall(source):
        if imported not in parts:
            _add(folders, imported, parts)
    parts[name] = _IMPORT.sub("", source)
