"""Memory of AttachmentsFunction while it checks a file of about 20 MB, or the largest one that it accepts.

A new process of the function first reads an attachment; then it checks one upload. Its own growth is its peak after
the check less its peak before. The child that inspects the file is sampled until it ends. Both share the function's
1,024 MB; together they may grow by WANTED. Run: make bench PART=attachments
"""

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from bench.built_stack import BuiltStack
from bench.memory import memory_of
from tests.support import attachments
from tests.support.lambda_process import LambdaProcess, http_event

MEGABYTE = 1024 * 1024
LARGEST = 20 * MEGABYTE
WANTED = 200
SAMPLE_SECONDS = 0.002


def _photo(size: tuple[int, int], kind: str, mode: str = "RGB", **saved: int | bool) -> bytes:
    """Return a noisy picture, of the best quality that fits into LARGEST. PNG has one quality, so less noise."""
    image = Image.effect_noise((size[0] // 4, size[1] // 4), 6 if kind == "PNG" else 40).convert(mode).resize(size)
    if mode == "RGBA":
        image.putpixel((0, 0), (0, 0, 0, 0))
    for quality in (97, 95, 90, 80):
        out = io.BytesIO()
        image.save(out, kind, quality=quality, **saved)
        if len(out.getvalue()) <= LARGEST:
            return out.getvalue()
    raise RuntimeError(f"no quality of {kind} fits")


FILES: dict[str, Callable[[], bytes]] = {
    "JPEG, 48 megapixels": lambda: _photo((8064, 6048), "JPEG"),
    "progressive JPEG, 36 megapixels": lambda: _photo((6900, 5200), "JPEG", progressive=True),
    "PNG, 16 megapixels": lambda: _photo((4000, 4000), "PNG", compress_level=6),
    "transparent PNG, 10 megapixels": lambda: _photo((3600, 2700), "PNG", "RGBA", compress_level=6),
    "WebP, 8 megapixels": lambda: _photo((3260, 2440), "WEBP", method=0),
    "PDF, 300 pages": lambda: attachments.pdf(300) + b"%" + os.urandom(19 * MEGABYTE).replace(b"\n", b" "),
    "WAV, 15 minutes": lambda: attachments.wav(900, rate=22050),
    "text, a million characters": lambda: "maçã e pera, ".encode() * 70_000,
}


class ChildPeak:
    """Samples the peak memory of the children of a process while the block runs, in MB."""

    def __init__(self, pid: int) -> None:
        self._pid, self._ended, self.peak = pid, threading.Event(), 0.0
        self._thread = threading.Thread(target=self._sample)

    def __enter__(self) -> "ChildPeak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            for task in Path(f"/proc/{self._pid}/task").iterdir():
                try:
                    children = (task / "children").read_text().split()
                    self.peak = max([self.peak, *(memory_of(int(child))[1] for child in children)])
                except (OSError, KeyError, ValueError):  # it has just ended
                    continue


def table(stack: BuiltStack) -> str:
    lines = [
        "| file | MB | growth of the function, MB | peak of the child, MB | together | wanted |",
        "|---|---|---|---|---|---|",
    ]
    headers = {"origin": stack.origin, "content-type": "application/json", "cookie": stack.cookie()}
    attachments.attach(stack.member, b"texto")
    (like, *_) = stack.cloud.function_processes("AttachmentsFunction")
    for name, make in FILES.items():
        content = make()
        path = f"/chat/attachments/{attachments.upload(stack.member, content)}"
        process = LambdaProcess(like)
        try:
            process.invoke(http_event("GET", path, **headers))
            before = process.memory()["peak"]
            with ChildPeak(process.pid) as child:
                _, answer = process.invoke(http_event("POST", f"{path}/ready", **headers))
            if '"pronto"' not in str(answer.get("body")):
                raise RuntimeError(f"{name} was answered {answer}")
            growth = process.memory()["peak"] - before
        finally:
            process.stop()
        together = growth + child.peak
        lines.append(
            f"| {name} | {len(content) / MEGABYTE:.1f} | {growth:.0f} | {child.peak:.0f} | {together:.0f} "
            f"| ≤ {WANTED} |"
        )
    return "\n".join(lines)
