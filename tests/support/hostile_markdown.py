"""Texts that take long to render, or become very large."""

HOSTILE_MARKDOWN = {
    "references": "[a]: b '" + "&" * 4000 + "'\n\n" + "[a]" * 8000,
    "table": "|" * 3000 + "\n" + "|-" * 3000 + "|\n" + "|\n" * 3000,
    "quotes": ">" * 20_000 + "a",
    "nested lists": "".join(" " * (2 * depth) + "- a\n" for depth in range(600)),
    "emphasis": "*a_ " * 8000,
    "links": "[a](" * 8000,
    "backticks": "".join("`" * length + " " for length in range(1, 250)),
    "endless lexer": "```mcschema\n<!--\n```",
    "many blocks of code": "```python\n'''\n```\n" * 1000,
}
