"""Page scripts come as one file each, and keep to the two forms that joining understands."""

import re
from pathlib import Path

import pytest

from falaai.web import scripts
from falaai.web.scripts import joined
from tests.support.paths import ROOT

FOLDERS = [Path(scripts.__file__).parent / "static", *(ROOT / "functions").glob("*/falaai_*/static")]
MODULES = {path.name: path for folder in FOLDERS for path in sorted(folder.glob("*.js"))}


def test_each_module_is_there_once_after_what_it_imports(tmp_path: Path) -> None:
    (tmp_path / "page.js").write_text('import { two } from "./b.js";\nimport { one } from "./a.js";\none(two);\n')
    (tmp_path / "b.js").write_text('import { one } from "./a.js";\nexport const two = one(1);\n')
    (tmp_path / "a.js").write_text("// Says it.\nexport function one(value) { return value; }\n")
    script = joined("page.js", tmp_path)
    assert script.index("const $a=") < script.index("const $b=") < script.index("const $page=")
    assert script.count("const $a=") == 1
    assert "Says it" not in script


def test_module_comes_from_the_first_folder_that_has_it(tmp_path: Path) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    own.mkdir()
    shared.mkdir()
    (own / "page.js").write_text('import { one } from "./a.js";\nimport { two } from "./b.js";\none(two);\n')
    (own / "a.js").write_text("export const one = alert;\n")
    (shared / "a.js").write_text("export const one = confirm;\n")
    (shared / "b.js").write_text("export const two = 2;\n")
    script = joined("page.js", own, shared)
    assert "one=alert" in script
    assert "confirm" not in script
    assert "two=2" in script


def test_later_script_shares_the_modules_of_its_page(tmp_path: Path) -> None:
    (tmp_path / "page.js").write_text('import { one } from "./a.js";\nimport { two } from "./b.js";\none(two);\n')
    (tmp_path / "a.js").write_text("export const one = new Set();\n")
    (tmp_path / "b.js").write_text("export const two = 2;\n")
    (tmp_path / "own.js").write_text("export const three = 3;\n")
    later = 'import "./page.js";\nimport { one } from "./a.js";\nimport { three } from "./own.js";\n'
    (tmp_path / "later.js").write_text(f"{later}export function start() {{ one.add(three); }}\n")
    assert joined("page.js", tmp_path).endswith("export{$a};")
    script = joined("later.js", tmp_path, served={"page.js": "page.0123.js"})
    assert script.startswith('import{$a}from"./page.0123.js"')
    assert "const $a=" not in script
    assert "const $own=" in script
    assert script.endswith("export const{start}=$later;")


def test_no_two_modules_have_the_same_name() -> None:
    assert len(MODULES) == sum(len(list(folder.glob("*.js"))) for folder in FOLDERS)


def test_sentences_come_with_the_script(tmp_path: Path) -> None:
    (tmp_path / "page.js").write_text('import { texts } from "./sentences.js";\ndocument.title = texts.send;\n')
    assert '"send":"Enviar"' in joined("page.js", tmp_path)


@pytest.mark.parametrize("name", MODULES)
def test_module_keeps_to_the_forms(name: str) -> None:
    """Anything else at the beginning of a line would be left as it stands, and fail in the browser."""
    source = scripts._PAGE.sub("", scripts._IMPORT.sub("", MODULES[name].read_text()))
    for line in re.findall(r"^(?:import|export)\b.*$", source, re.MULTILINE):
        assert scripts._EXPORT.match(line), line
    assert not any(" as " in names for names, _ in scripts._IMPORT.findall(MODULES[name].read_text()))


def test_every_sentence_of_the_browser_is_used() -> None:
    from falaai.web.texts import IN_THE_BROWSER

    sources = "".join(path.read_text() for path in MODULES.values())
    unused = [name for name in IN_THE_BROWSER if f"texts.{name}" not in sources and f'"{name}"' not in sources]
    assert unused == []
    assert set(re.findall(r"\btexts\.(\w+)", sources)) - set(IN_THE_BROWSER) == set()


def test_scripts_have_no_sentence_of_their_own() -> None:
    """All texts for users come from the server. Portuguese has letters that code and its comments do not need."""
    for name, path in MODULES.items():
        code = re.sub(r"/\*[\s\S]*?\*/|//.*", "", path.read_text())
        assert not re.search(r"[\u00c0-\u017f]", code), name


def test_limits_in_templates_are_those_of_the_server() -> None:
    from falaai_auth.passwords import MIN_CHARACTERS

    templates = ROOT / "functions/auth/falaai_auth/templates"
    field = (templates / "field.html").read_text()
    assert f'data-min="{MIN_CHARACTERS}"' in field
    assert f"{MIN_CHARACTERS} caracteres ou mais" in field
