"""A page's stylesheet comes as one file, with every component once."""

from pathlib import Path

import pytest

from falaai.web import styles
from tests.support.paths import ROOT

SHARED = Path(styles.__file__).parent / "static"
FOLDERS = [SHARED, *(ROOT / "functions").glob("*/falaai_*/static")]
FILES = {path.name: path for folder in FOLDERS for path in sorted(folder.glob("*.css"))}
PAGES = ("chat.css", "attachments.css", "no_script.css", "accounts.css", "landing.css", "admin.css")


def test_each_component_is_there_once_in_the_order_of_the_imports(tmp_path: Path) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    own.mkdir()
    shared.mkdir()
    (own / "page.css").write_text('@import "./b.css";\n@import "./a.css";\n@import "./own.css";\n.page { top: 0 }\n')
    (own / "own.css").write_text('@import "./a.css";\n.own { top: 1px }\n')
    (shared / "a.css").write_text("/* Says it. */\n.a { top: 2px }\n")
    (shared / "b.css").write_text(".b { top: 3px }\n")
    style = styles.joined("page.css", own, shared)
    assert style == ".b{top:3px}.a{top:2px}.own{top:1px}.page{top:0}"


def test_no_two_components_have_the_same_name() -> None:
    assert len(FILES) == sum(len(list(folder.glob("*.css"))) for folder in FOLDERS)


@pytest.mark.parametrize("page", PAGES)
def test_every_import_of_a_page_is_found(page: str) -> None:
    assert "@import" not in styles.joined(page, FILES[page].parent, SHARED)


def test_every_component_is_on_a_page() -> None:
    imported = {name for page in PAGES for name in styles._IMPORT.findall(FILES[page].read_text())}
    assert set(FILES) - imported == set(PAGES)
