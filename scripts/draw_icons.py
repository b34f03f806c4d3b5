"""Draw the PNG and ICO icons of the installed application from icon.svg: python -m scripts.draw_icons."""

import re
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).parents[1] / "layers/shared/python/falaai/web/static"
GRID = 32  # units of the SVG
FINE = 8  # pixels are drawn so much smaller, then averaged
CORNER = 8  # units; the corner at the lower left is the tip of the bubble
Point = tuple[float, float]


def outline(path: str) -> Iterator[Point]:
    """Yield the points of an SVG path of the commands M, c, v, h, V and z."""
    x = y = 0.0
    for command, arguments in re.findall(r"([McvhV])([^McvhVz]*)", path):
        numbers = [float(number) for number in re.findall(r"-?(?:\d+\.\d+|\.\d+|\d+)", arguments)]
        if command == "c":
            for start in range(0, len(numbers), 6):
                curve = numbers[start : start + 6]
                yield from (_bezier(x, y, curve, step / 16) for step in range(1, 17))
                x, y = x + curve[4], y + curve[5]
            continue
        if command == "M":
            x, y = numbers
        elif command == "h":
            x += numbers[0]
        else:
            y = numbers[0] if command == "V" else y + numbers[0]
        yield x, y


def _bezier(x: float, y: float, curve: list[float], t: float) -> Point:
    weights = (3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    return (
        x + sum(weight * curve[index * 2] for index, weight in enumerate(weights)),
        y + sum(weight * curve[index * 2 + 1] for index, weight in enumerate(weights)),
    )


def draw(size: int, is_full: bool) -> Image.Image:
    """Return the icon; `is_full` fills the corners, which the system then cuts. The letter is within any cut."""
    bubble, letter = re.findall(r'<path d="([^"]+)" fill="(#\w+)"', (FOLDER / "icon.svg").read_text())
    whole = size * FINE
    image = Image.new("RGBA", (whole, whole))
    pen = ImageDraw.Draw(image)
    radius = 0 if is_full else CORNER * whole / GRID
    pen.rounded_rectangle((0, 0, whole - 1, whole - 1), radius, bubble[1], corners=(True, True, True, False))
    pen.polygon([(x * whole / GRID, y * whole / GRID) for x, y in outline(letter[0])], letter[1])
    small = image.resize((size, size), Image.Resampling.BOX)
    return small.convert("RGB") if is_full else small


def main() -> None:
    for name, icon in {
        "icon_192": draw(192, is_full=False),
        "icon_512": draw(512, is_full=False),
        "icon_maskable": draw(512, is_full=True),
        "apple_touch_icon": draw(180, is_full=True),
    }.items():
        icon.quantize(64).save(FOLDER / f"{name}.png", optimize=True)
    draw(32, is_full=False).save(FOLDER / "favicon.ico")


if __name__ == "__main__":
    main()
