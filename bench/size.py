"""What is unpacked at a cold start, and what is not: packages, their largest parts, and what build.mk leaves out.

MB are of file contents, 1024 × 1024 bytes. What is left out is measured in a fresh installation of the same pins,
which has no .pyc yet.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.built import BuiltStack

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".aws-sam/build"
RECIPE = (ROOT / "build.mk").read_text(encoding="utf-8")
MB = 1024 * 1024
LARGEST_PARTS = 10


def size_of(path: Path) -> float:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / MB


def left_out() -> Iterator[tuple[list[str], str]]:
    """Paths and the reason, line by line as build.mk has them."""
    for paths, reason in re.findall(r"^UNUSED [:+]= (.+?)\s+# (.+)$", RECIPE, re.MULTILINE):
        yield paths.split(), reason


def _sizes_left_out() -> Iterator[tuple[str, float, str]]:
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
        for paths, reason in left_out():
            yield ", ".join(paths), sum(size_of(packages / path) for path in paths), reason
        data = packages / "botocore/data"
        kept = re.findall(r"^SERVICES := (.+)$", RECIPE, re.MULTILINE)[0].split()
        services = [path for path in data.iterdir() if path.is_dir() and path.name not in kept]
        yield f"botocore/data but {', '.join(kept)}", sum(map(size_of, services)), "services that nobody calls here"


def table(_built: BuiltStack) -> str:
    limit = re.findall(r"^LARGEST := (\d+)$", RECIPE, re.MULTILINE)[0]
    packages = {path.name: size_of(path) for path in BUILD.iterdir() if path.is_dir()}
    lines = ["| package | MB unzipped | wanted |", "|---|---|---|"]
    for name, size in sorted(packages.items(), key=lambda item: -item[1]):
        lines.append(f"| {name} | {size:.1f} | {f'≤ {limit}' if name.endswith('Layer') else ''} |")
    parts = {path.name: size_of(path) for path in (BUILD / "SharedLayer/python").iterdir()}
    largest = sorted(parts.items(), key=lambda item: -item[1])[:LARGEST_PARTS]
    lines += ["", "| the layer’s largest parts | MB |", "|---|---|"]
    lines += [f"| {name} | {size:.1f} |" for name, size in largest]
    lines += ["", "| left out | MB | why |", "|---|---|---|"]
    gone = sorted(_sizes_left_out(), key=lambda item: -item[1])
    lines += [f"| {paths} | {size:.1f} | {reason} |" for paths, size, reason in gone]
    total = sum(size for _, size, _ in gone)
    return "\n".join([*lines, f"| together | {total:.1f} | |"])
