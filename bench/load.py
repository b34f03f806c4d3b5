"""load"""

from bench.built import Built


def table(_built: Built) -> str:
    return ""
