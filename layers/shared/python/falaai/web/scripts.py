"""Join a page's script and its imports into one file, because each requested file invokes a function.

The scripts are ES modules. Joining works on their text, so they may use two forms only:
`import { a, b } from "./module.js";` at the beginning of a line, and `export` in front of a declaration. The module
`sentences.js` is generated from `texts.IN_THE_BROWSER`.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from rjsmin import jsmin

from falaai.web import texts

_IMPORT = re.compile(r'^import \{([^}]+)\} from "\./([a-z_]+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function\*?|class|const|let) (\w+))", re.MULTILINE)


def joined(name: str, *folders: Path) -> str:
    """Return the minified script `name` with its imports: each module once, in its own scope, after its imports.

    The first folder that has a module wins.
    """
    scopes: dict[str, str] = {}
    _add(folders, name.removesuffix(".js"), scopes)
    return str(jsmin("".join(scopes.values())))


def _add(folders: Sequence[Path], module: str, scopes: dict[str, str]) -> None:
    source = _sentences() if module == "sentences" else _read(folders, module)
    for _, imported in _IMPORT.findall(source):
        if imported not in scopes:
            _add(folders, imported, scopes)
    names = ", ".join(name for _, name in _EXPORT.findall(source))
    body = _IMPORT.sub(r"const {\1} = $\2;", _EXPORT.sub(r"\1", source))
    scopes[module] = f"const ${module} = (() => {{\n{body}\nreturn {{ {names} }};\n}})();\n"


def _read(folders: Sequence[Path], module: str) -> str:
    paths = [folder / f"{module}.js" for folder in folders]
    return next((path for path in paths if path.is_file()), paths[-1]).read_text()


def _sentences() -> str:
    return f"export const texts = {json.dumps(texts.IN_THE_BROWSER, ensure_ascii=False)};"
