"""What is unpacked at a cold start, in MB: the layer and each function, and the ten largest parts."""

from pathlib import Path

from bench.built import Built

BUILD = Path(__file__).parent.parent / ".aws-sam/build"
MB = 1024 * 1024


def size_of(path: Path) -> float:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / MB


def table(_built: Built) -> str:
    lines = ["| package | MB unzipped |", "|---|---|"]
    packages = {path.name: size_of(path) for path in BUILD.iterdir() if path.is_dir()}
    lines += [f"| {name} | {size:.1f} |" for name, size in sorted(packages.items(), key=lambda item: -item[1])]
    parts = {path.name: size_of(path) for path in (BUILD / "SharedLayer/python").iterdir()}
    largest = sorted(parts.items(), key=lambda item: -item[1])[:10]
    lines += ["", "| the layer's largest parts | MB |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {size:.1f} |" for name, size in largest)])
