"""A page's script with all it imports, as one file: here each file a browser asks for invokes a function.

The scripts are ordinary ES modules. Joining them needs no build step as long as they keep to two forms:
`import { a, b } from "./module.js";` on a line of its own, and `export` in front of a declaration. The module
`sentences.js` is made of what scripts say (`texts.IN_THE_BROWSER`).
"""

import json
import re
from pathlib import Path

from rjsmin import jsmin

from falaai.web import texts

_IMPORT = re.compile(r'^import \{ ([^}]+) \} from "\./([a-z_]+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function\*?|class|const|let) (\w+))", re.MULTILINE)


def joined(folder: Path, name: str) -> str:
    """The script `name` of `folder`, each module in a scope of its own, after those it imports."""
    scopes: dict[str, str] = {}
    _add(folder, name.removesuffix(".js"), scopes)
    return str(jsmin("".join(scopes.values())))


def _add(folder: Path, module: str, scopes: dict[str, str]) -> None:
    source = _sentences() if module == "sentences" else (folder / f"{module}.js").read_text()
    for _, imported in _IMPORT.findall(source):
        if imported not in scopes:
            _add(folder, imported, scopes)
    names = ", ".join(name for _, name in _EXPORT.findall(source))
    body = _IMPORT.sub(r"const { \1 } = $\2;", _EXPORT.sub(r"\1", source))
    scopes[module] = f"const ${module} = (() => {{\n{body}\nreturn {{ {names} }};\n}})();\n"


def _sentences() -> str:
    return f"export const texts = {json.dumps(texts.IN_THE_BROWSER, ensure_ascii=False)};"
