"""Small pictures of plates, drawn by circles, as PNG: no program and no file of anybody else's is in them."""

import random
import struct
import zlib
from typing import NamedTuple

WIDTH, HEIGHT = 480, 360

_TABLES = ((96, 64, 44), (58, 72, 80), (112, 92, 70), (70, 84, 60))
_FOODS = (
    ((150, 66, 36), (196, 98, 48), (104, 44, 28), (222, 170, 90)),  # grilled
    ((206, 160, 92), (232, 202, 140), (180, 58, 40), (92, 130, 60)),  # baked
    ((98, 146, 66), (150, 186, 90), (206, 64, 48), (240, 222, 180)),  # green
    ((236, 196, 120), (252, 236, 204), (120, 70, 42), (206, 98, 92)),  # sweet
)

Colour = tuple[int, int, int]


class Circle(NamedTuple):
    x: int
    y: int
    radius: int
    colour: Colour


def plate(name: str) -> bytes:
    """The same name always gives the same picture."""
    dice = random.Random(name)  # noqa: S311
    x, y, radius = WIDTH // 2 + dice.randint(-20, 20), HEIGHT // 2 + dice.randint(-8, 8), dice.randint(128, 146)
    circles = [
        Circle(x + 6, y + 9, radius, (40, 34, 30)),
        Circle(x, y, radius, (246, 244, 238)),
        Circle(x, y, radius * 4 // 5, (232, 228, 218)),
    ]
    colours = dice.choice(_FOODS)
    for _ in range(dice.randint(26, 44)):
        size = dice.randint(9, 26)
        away = dice.randint(0, radius * 3 // 4 - size)
        across = dice.uniform(-1, 1)
        circles.append(
            Circle(x + round(away * across), y + dice.randint(-away, away) * 2 // 3, size, dice.choice(colours))
        )
    return _png(_painted(dice.choice(_TABLES), circles))


def _painted(table: Colour, circles: list[Circle]) -> list[bytearray]:
    rows = [bytearray(bytes(table) * WIDTH) for _ in range(HEIGHT)]
    for each in circles:
        for y in range(max(0, each.y - each.radius), min(HEIGHT, each.y + each.radius + 1)):
            half = int((each.radius**2 - (y - each.y) ** 2) ** 0.5)
            left, right = max(0, each.x - half), min(WIDTH, each.x + half + 1)
            rows[y][3 * left : 3 * right] = bytes(each.colour) * (right - left)
    return rows


def _png(rows: list[bytearray]) -> bytes:
    """Eight bits a colour, no filter (RFC 2083)."""
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
