"""Unpacked sizes: built packages, the largest parts of the layer, and the files that build.mk excludes.

Sizes are sums of file contents; 1 MB is 1024 × 1024 bytes. Excluded files are measured in a new installation of the
same pinned packages, which has no .pyc files yet.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.built_stack import BuiltStack

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".aws-sam/build"
BUILD_RULES = (ROOT / "build.mk").read_text(encoding="utf-8")
MB = 1024 * 1024
LARGEST_PARTS = 10


def size_of(path: Path) -> float:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / MB


def excluded_paths() -> Iterator[tuple[list[str], str]]:
    """Yield the excluded paths and the reason of each line in build.mk."""
    for paths, reason in re.findall(r"^UNUSED [:+]= (.+?)\s+# (.+)$", BUILD_RULES, re.MULTILINE):
        yield paths.split(), reason


def _excluded_sizes() -> Iterator[tuple[str, float, str]]:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "make",
            "--silent",
            "-C",
            str(ROOT / "layers/shared"),
            "whole-SharedLayer",
            f"ARTIFACTS_DIR={folder}",
        ]
        subprocess.run(command, check=True, env={**os.environ, "ARCH": "x86_64"})
        packages = Path(folder) / "python"
        for paths, reason in excluded_paths():
            yield ", ".join(paths), sum(size_of(packages / path) for path in paths), reason
        data = packages / "botocore/data"
        kept = re.findall(r"^SERVICES := (.+)$", BUILD_RULES, re.MULTILINE)[0].split()
        services = [path for path in data.iterdir() if path.is_dir() and path.name not in kept]
        yield f"botocore/data but {', '.join(kept)}", sum(map(size_of, services)), "unused services"


def table(_stack: BuiltStack) -> str:
    limit = re.findall(r"^LARGEST := (\d+)$", BUILD_RULES, re.MULTILINE)[0]
    packages = {path.name: size_of(path) for path in BUILD.iterdir() if path.is_dir()}
    lines = ["| package | MB unzipped | wanted |", "|---|---|---|"]
    for name, size in sorted(packages.items(), key=lambda item: -item[1]):
        lines.append(f"| {name} | {size:.1f} | {f'≤ {limit}' if name.endswith('Layer') else ''} |")
    parts = {path.name: size_of(path) for path in (BUILD / "SharedLayer/python").iterdir()}
    largest = sorted(parts.items(), key=lambda item: -item[1])[:LARGEST_PARTS]
    lines += ["", "| the layer’s largest parts | MB |", "|---|---|"]
    lines += [f"| {name} | {size:.1f} |" for name, size in largest]
    lines += ["", "| left out | MB | why |", "|---|---|---|"]
    excluded = sorted(_excluded_sizes(), key=lambda item: -item[1])
    lines += [f"| {paths} | {size:.1f} | {reason} |" for paths, size, reason in excluded]
    total = sum(size for _, size, _ in excluded)
    return "\n".join([*lines, f"| together | {total:.1f} | |"])
