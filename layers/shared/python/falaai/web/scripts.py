"""Join a page's script and its imports into one file, because each requested file invokes a function.

The scripts are ES modules. Joining works on their text, so they may use two forms only:
`import { a, b } from "./module.js";` at the beginning of a line, and `export` in front of a declaration. The module
`sentences.js` is generated from `texts.IN_THE_BROWSER`.

A script that a page loads later, at the first use of a behavior, has the line `import "./page.js";` with the script
of that page. It shares the modules of that script, with their state, instead of having copies.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from rjsmin import jsmin

from falaai.web import texts

_IMPORT = re.compile(r'^import \{([^}]+)\} from "\./([a-z_]+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function\*?|class|const|let) (\w+))", re.MULTILINE)
_PAGE = re.compile(r'^import "\./([a-z_]+\.js)";$\n?', re.MULTILINE)


def joined(name: str, *folders: Path, served: Mapping[str, str] | None = None) -> str:
    """Return the minified script `name` with its imports: each module once, in its own scope, after its imports.

    The first folder that has a module wins. `served` has the served names of the scripts that pages load first.
    """
    module = name.removesuffix(".js")
    scopes = _scopes(folders, module)
    page = page_of(name, folders[0])
    if page is None:
        shared = sorted(
            {one for later in _later(name, folders[0]) for one in _scopes(folders, later) if one in scopes}
        )
        exports = f"export {{ {', '.join(f'${one}' for one in shared)} }};\n" if shared else ""
        return str(jsmin("".join(scopes.values()) + exports))
    of_page = _scopes(folders, page.removesuffix(".js"))
    shared = [one for one in scopes if one in of_page]
    own = "".join(scope for one, scope in scopes.items() if one not in of_page)
    imports = f'import {{ {", ".join(f"${one}" for one in shared)} }} from "./{(served or {})[page]}";\n'
    names = ", ".join(name for _, name in _EXPORT.findall(_read(folders, module)))
    return str(jsmin(f"{imports if shared else ''}{own}export const {{ {names} }} = ${module};\n"))


def page_of(name: str, folder: Path) -> str | None:
    """Return the script whose page loads the script `name` later, or None."""
    found = _PAGE.search((folder / name).read_text())
    return found[1] if found else None


def _later(page: str, folder: Path) -> list[str]:
    """Return the modules that the page of this script loads later."""
    return sorted(path.stem for path in folder.glob("*.js") if page_of(path.name, folder) == page)


def _scopes(folders: Sequence[Path], module: str) -> dict[str, str]:
    """Return the text of a module and of its imports, by name, each after its imports."""
    scopes: dict[str, str] = {}
    _add(folders, module, scopes)
    return scopes


def _add(folders: Sequence[Path], module: str, scopes: dict[str, str]) -> None:
    source = _sentences() if module == "sentences" else _read(folders, module)
    for _, imported in _IMPORT.findall(source):
        if imported not in scopes:
            _add(folders, imported, scopes)
    names = ", ".join(name for _, name in _EXPORT.findall(source))
    body = _IMPORT.sub(r"const {\1} = $\2;", _EXPORT.sub(r"\1", _PAGE.sub("", source)))
    scopes[module] = f"const ${module} = (() => {{\n{body}\nreturn {{ {names} }};\n}})();\n"


def _read(folders: Sequence[Path], module: str) -> str:
    paths = [folder / f"{module}.js" for folder in folders]
    return next((path for path in paths if path.is_file()), paths[-1]).read_text()


def _sentences() -> str:
    return f"export const texts = {json.dumps(texts.IN_THE_BROWSER, ensure_ascii=False)};"
