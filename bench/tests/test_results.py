"""Tables are written into docs/performance.md, each into its own place."""

from bench import results
from tests.support.paths import ROOT

TEXT = "# Um\n\n<!-- bench: one -->\nold\n<!-- /bench -->\n\n## Dois\n\n<!-- bench: two -->\n<!-- /bench -->\nend\n"


def test_parts_are_told_in_order() -> None:
    assert results.parts(TEXT) == ["one", "two"]


def test_only_its_own_place_changes() -> None:
    changed = results.replace_block(TEXT, "one", "| a \\1 |\n")
    assert changed == TEXT.replace("old\n", "| a \\1 |\n")
    assert results.replace_block(changed, "two", "new") == changed.replace("two -->\n", "two -->\nnew\n")


def test_writing_twice_is_writing_once() -> None:
    once = results.replace_block(TEXT, "two", "new")
    assert results.replace_block(once, "two", "new") == once


def test_each_database_has_its_own_place() -> None:
    text = TEXT + "<!-- bench: two on tidb -->\n<!-- /bench -->\n"
    assert (results.parts(text), results.parts(text, "tidb")) == (["one", "two"], ["two"])
    changed = results.replace_block(text, "two", "new", "tidb")
    assert changed == text.replace("two on tidb -->\n", "two on tidb -->\nnew\n")


def test_every_place_has_its_part() -> None:
    names = [part for page in results.PAGES for part in results.parts(page.read_text())]
    assert len(names) == len(set(names))
    on_tidb = [part for page in results.PAGES for part in results.parts(page.read_text(), "tidb")]
    for name in {*names, *on_tidb}:
        assert "def table(" in (ROOT / f"bench/{name}.py").read_text()
