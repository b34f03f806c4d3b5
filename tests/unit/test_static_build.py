"""The files that the build makes of a static folder, and that they are what the sources would be served as."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest

from falaai.web import static_build, static_files
from falaai.web.static_build import build


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A static folder with a page's script and style, a part of each, and a picture."""
    for name, content in {
        "static/page.js": 'import { one } from "./a.js";\none();\n',
        "static/later.js": 'import "./page.js";\nimport { one } from "./a.js";\nexport const two = one();\n',
        "static/a.js": "export function one() { return 1; }\n",
        "static/page.css": '@import "./b.css";\n/* Says it. */\nbody { margin: 0 }\n',
        "static/b.css": "p { margin: 1px }\n",
        "static/card.png": "picture",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path / "static"


def test_build_has_what_pages_request_under_the_hash_of_its_content(page: Path) -> None:
    built = build(page)
    stems = {re.sub(r"\.[0-9a-f]{12}\.", ".", name) for name in built}
    assert stems == {"page.js", "page.js.gz", "page.css", "page.css.gz", "card.png", "later.js", "later.js.gz"}
    for name, content in built.items():
        if name.endswith(".gz"):
            assert gzip.decompress(content) == built[name.removesuffix(".gz")]
        else:
            assert hashlib.sha256(content).hexdigest()[:12] in name
    assert built == build(page)
    served = {name.partition(".")[0]: name for name in built if name.endswith(".js")}
    assert f'from"./{served["page"]}"' in built[served["later"]].decode()


def test_build_of_a_function_and_its_sources_are_served_alike(page: Path) -> None:
    """The one difference between a deployment and the sources is when the files are built."""
    sources = static_files.StaticFolder("/static/page", page)
    before = {name: static_files.static_path(name, sources) for name in ("page.js", "page.css", "card.png")}
    static_build.replace_sources(page)
    assert [path.name for path in page.iterdir()] == ["built"]
    deployed = static_files.StaticFolder("/static/deployed", page)
    for name, path in before.items():
        assert static_files.static_path(name, deployed) == path.replace("/page/", "/deployed/", 1)
    assert static_files._built_files(deployed) == static_files._built_files(sources)
