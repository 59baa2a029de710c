"""Pictures that somebody sends to do harm, and odd ones that are fine. All are made here, the same at each run.

`.venv/bin/python -m tests.agents.photo.corpus FOLDER` writes them into a folder.
"""

import functools
import io
import random
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, PngImagePlugin

PAYLOAD = b"<script>alert(document.domain)</script>"
"""What must never come out again."""

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class Odd(NamedTuple):
    name: str
    body: bytes


def picture(width: int = 96, height: int = 64, mode: str = "RGB", seed: int = 1) -> Image.Image:
    """Noise, so that no format makes it small, over a ramp that tells which side is up."""
    noise = random.Random(seed).randbytes(width * height)
    grey = Image.frombytes("L", (width, height), noise)
    ramp = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (grey, ramp, ramp)).convert(mode)


def saved(kind: str, image: Image.Image | None = None, **options: Any) -> bytes:
    out = io.BytesIO()
    (image or picture()).save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes, *, crc: int | None = None, length: int | None = None) -> bytes:
    said = struct.pack(">I", len(data) if length is None else length)
    return said + kind + data + struct.pack(">I", zlib.crc32(kind + data) if crc is None else crc)


def header(width: int, height: int, depth: int = 8, colours: int = 2, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, interlace))


def png(*chunks: bytes) -> bytes:
    return PNG_MAGIC + b"".join(chunks) + chunk(b"IEND", b"")


def rows(width: int, height: int, channels: int = 3) -> bytes:
    """IDAT of a black picture: a thousandth of what it becomes."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + width * channels)
    packed = b"".join(packer.compress(row) for _ in range(height))
    return chunk(b"IDAT", packed + packer.flush())


@functools.cache
def bomb(size: int) -> bytes:
    """zlib of so many zeros."""
    packer = zlib.compressobj(9)
    part = bytes(2**20)
    packed = b"".join(packer.compress(part[: size - done]) for done in range(0, size, len(part)))
    return packed + packer.flush()


def with_segment(jpeg: bytes, marker: int, data: bytes) -> bytes:
    """A JPEG with one more segment behind its first marker."""
    return jpeg[:2] + struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data + jpeg[2:]


def exif(entries: bytes, count: int, following: int = 0) -> bytes:
    """An EXIF segment of one directory, as big-endian TIFF."""
    return b"Exif\0\0MM\0*" + struct.pack(">IH", 8, count) + entries + struct.pack(">I", following)


def orientation(value: int) -> bytes:
    return exif(struct.pack(">HHIHH", 0x0112, 3, 1, value, 0), 1)


def riff(*chunks: tuple[bytes, bytes], size: int | None = None) -> bytes:
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def gif(width: int, height: int, *blocks: bytes) -> bytes:
    return (
        b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + b"".join(blocks) + b";"
    )


def frame(width: int, height: int, data: bytes = b"\x02\x02D\x01\0", left: int = 0) -> bytes:
    return b"," + struct.pack("<HHHHB", left, 0, width, height, 0) + data


def damaged(body: bytes, seed: int, changes: int = 24) -> bytes:
    """Some bytes behind the first forty are others."""
    chance, out = random.Random(seed), bytearray(body)
    for _ in range(changes):
        out[chance.randrange(40, len(out))] ^= chance.randrange(1, 256)
    return bytes(out)


def no_pictures() -> Iterator[Odd]:
    """Of kinds that nobody takes, or of none: told by their first bytes."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield Odd("nothing", b"")
    yield Odd("a byte", b"\xff")
    yield Odd("two bytes of a JPEG", b"\xff\xd8")
    yield Odd("seven bytes of a PNG", PNG_MAGIC[:7])
    yield Odd("five bytes of a GIF", b"GIF89")
    yield Odd("eleven bytes of a WebP", b"RIFF\0\0\0\0WEB")
    yield Odd("HTML", b"<!doctype html>" + PAYLOAD)
    yield Odd("HTML that looks like an end of a JPEG", PAYLOAD + saved("JPEG"))
    yield Odd("SVG", svg)
    yield Odd("SVG with a declaration", b'<?xml version="1.0"?>' + svg)
    yield Odd("XML that grows", b'<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY c "&b;&b;">]><svg>&c;</svg>')
    yield Odd("PDF", b"%PDF-1.7\n1 0 obj\n")
    yield Odd("PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%id) (r) file\n")
    yield Odd("ZIP", b"PK\x03\x04" + bytes(40))
    yield Odd("gzip", b"\x1f\x8b\x08\0" + bytes(40))
    yield Odd("bzip2 bomb", b"BZh91AY&SY" + bytes(40))
    yield Odd("ELF", b"\x7fELF\x02\x01\x01" + bytes(40))
    yield Odd("a program of Windows", b"MZ" + bytes(60))
    yield Odd("a script", b"#!/bin/sh\nrm -rf /\n")
    yield Odd("JSON", b'{"file": "../../etc/passwd"}')
    yield Odd("JavaScript", b"alert(1);//" + bytes(20))
    yield Odd("TIFF, little end first", saved("TIFF"))
    yield Odd("TIFF, big end first", b"MM\0*\0\0\0\x08" + bytes(40))
    yield Odd("BigTIFF", b"II+\0\x08\0\0\0" + bytes(40))
    yield Odd("BMP", saved("BMP"))
    yield Odd("ICO", saved("ICO"))
    yield Odd("PPM", saved("PPM"))
    yield Odd("TGA", saved("TGA"))
    yield Odd("PCX", saved("PCX"))
    yield Odd("JPEG 2000", saved("JPEG2000"))
    yield Odd("AVIF", saved("AVIF"))
    yield Odd("HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40))
    yield Odd("MP4", b"\0\0\0\x18ftypmp42\0\0\0\0" + bytes(40))
    yield Odd("Photoshop", b"8BPS\0\x01" + bytes(40))
    yield Odd("WMF", b"\xd7\xcd\xc6\x9a" + bytes(40))
    yield Odd("FLI", bytes(4) + b"\x11\xaf" + bytes(40))
    yield Odd("WAVE in RIFF", b"RIFF\x24\0\0\0WAVEfmt " + bytes(40))
    yield Odd("AVI in RIFF", b"RIFF\x24\0\0\0AVI LIST" + bytes(40))
    yield Odd("RIFX", b"RIFX" + saved("WEBP")[4:])
    yield Odd("gif in small letters", b"gif89a" + saved("GIF")[6:])
    yield Odd("GIF88a", b"GIF88a" + saved("GIF")[6:])
    yield Odd("PNG whose line end was translated", b"\x89PNG\n\x1a\n" + saved("PNG")[8:])
    yield Odd("PNG without its first bit", b"\x09PNG\r\n\x1a\n" + saved("PNG")[8:])
    yield Odd("PNG behind a byte order mark", b"\xef\xbb\xbf" + saved("PNG"))
    yield Odd("JPEG behind a space", b" " + saved("JPEG"))
    yield Odd("JPEG without its third byte", b"\xff\xd8\0" + saved("JPEG")[3:])
    yield Odd("zeros", bytes(64 * 1024))
    yield Odd("noise", random.Random(7).randbytes(64 * 1024))


def truncated() -> Iterator[Odd]:
    for kind in FORMATS:
        whole = saved(kind)
        for percent in (3, 20, 50, 90):
            yield Odd(f"{kind}, {percent} % of it", whole[: max(13, len(whole) * percent // 100)])


def huge() -> Iterator[Odd]:
    """More pixels than are taken, said or meant."""
    jpeg, webp = bytearray(saved("JPEG")), bytearray(saved("WEBP", lossless=True))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = b"\xff\xff\xff\xff"
    yield Odd("JPEG of 65,535 x 65,535", bytes(jpeg))
    webp[21:25] = b"\xff\xff\xff\x0f"
    yield Odd("WebP of 16,384 x 16,384", bytes(webp))
    yield Odd("WebP with a canvas of 16,777,216 x 16", riff((b"VP8X", b"\x02\0\0\0\xff\xff\xff\x0f\0\0")))
    yield Odd("GIF of 65,535 x 65,535", gif(65_535, 65_535, frame(65_535, 65_535)))
    yield Odd("PNG of 2,147,483,647 x 2,147,483,647", png(header(2**31 - 1, 2**31 - 1), rows(8, 8)))
    yield Odd("PNG of 4,294,967,295 x 1", png(header(2**32 - 1, 1), rows(8, 8)))
    yield Odd("PNG of 50,000 x 50,000", png(header(50_000, 50_000), rows(8, 8)))
    yield Odd("PNG that becomes 2.7 GB", png(header(30_000, 30_000), rows(30_000, 300)))
    yield Odd("PNG of 25 megapixels and a row", png(header(5_000, 5_001, colours=0), rows(5_000, 5_001, 1)))
    yield Odd("PNG of 16,001 x 20", png(header(16_001, 20), rows(16_001, 20)))
    yield Odd("PNG of 20 x 20,000", png(header(20, 20_000), rows(20, 20_000)))
    yield Odd("GIF whose frame is larger than its screen", gif(32, 32, frame(60_000, 60_000)))


def small() -> Iterator[Odd]:
    for kind in FORMATS:
        yield Odd(f"{kind} of one pixel", saved(kind, picture(1, 1)))
    yield Odd("PNG of 15 x 15", saved("PNG", picture(15, 15)))
    yield Odd("PNG of 4,000 x 1", saved("PNG", picture(4_000, 1)))


def broken_png() -> Iterator[Odd]:
    good, side = rows(32, 32), header(32, 32)
    yield Odd("PNG without anything", PNG_MAGIC + bytes(8))
    yield Odd("PNG without pixels", png(side))
    yield Odd("PNG without a header", png(good))
    yield Odd("PNG of no width", png(header(0, 32), good))
    yield Odd("PNG of a negative width", png(header(2**31, 32), good))
    yield Odd("PNG with three bits a pixel", png(header(32, 32, depth=3), good))
    yield Odd("PNG with colours of kind 5", png(header(32, 32, colours=5), good))
    yield Odd("PNG whose header has a wrong sum", png(chunk(b"IHDR", side[8:21], crc=1), good))
    yield Odd("PNG whose pixels are no zlib", png(side, chunk(b"IDAT", b"\0" * 200)))
    yield Odd("PNG with a short header", PNG_MAGIC + chunk(b"IHDR", side[8:15]) + good)
    yield Odd("PNG whose chunk has a name of nulls", png(side, chunk(b"\0\0\0\0", b"x"), good))
    yield Odd("PNG with a text of 200 MB", png(side, chunk(b"zTXt", b"a\0\0" + bomb(200 * 2**20)), good))
    yield Odd("PNG with a profile of 200 MB", png(side, chunk(b"iCCP", b"a\0\0" + bomb(200 * 2**20)), good))
    texts = chunk(b"zTXt", b"a\0\0" + bomb(2**20 - 2**10)) * 80
    yield Odd("PNG with eighty texts of a megabyte", png(side, texts, good))


def broken_others() -> Iterator[Odd]:
    jpeg, webp = saved("JPEG"), saved("WEBP")
    scan = jpeg.index(b"\xff\xda")
    yield Odd("JPEG that only begins", b"\xff\xd8\xff" + bytes(20))
    yield Odd("JPEG without a frame", jpeg[:2] + jpeg[scan:])
    yield Odd("JPEG without tables", b"\xff\xd8" + jpeg[jpeg.index(b"\xff\xc0") :])
    yield Odd("JPEG with a segment beyond its end", b"\xff\xd8\xff\xe1\xff\xff" + jpeg[2:200])
    yield Odd("JPEG of no height", jpeg.replace(struct.pack(">HH", 64, 96), struct.pack(">HH", 0, 96), 1))
    yield Odd("JPEG with seven components", jpeg.replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0f", 1))
    yield Odd("JPEG with a thousand markers", b"\xff\xd8" + b"\xff\xd8" * 1000)
    yield Odd("JPEG that is lossless", jpeg.replace(b"\xff\xc0", b"\xff\xc3", 1))
    yield Odd("WebP without pixels", riff())
    yield Odd("WebP of no bytes", riff((b"VP8 ", b"")))
    yield Odd("WebP of wrong bytes", riff((b"VP8 ", bytes(200))))
    yield Odd("lossless WebP of wrong bytes", riff((b"VP8L", b"\x2f" + b"\xff" * 200)))
    yield Odd("WebP with a canvas and no frame", riff((b"VP8X", b"\x02\0\0\0\x3f\0\0\x3f\0\0")))
    yield Odd(
        "WebP with an empty frame",
        riff((b"VP8X", b"\x02\0\0\0\x3f\0\0\x3f\0\0"), (b"ANIM", bytes(6)), (b"ANMF", bytes(16))),
    )
    yield Odd("WebP with a chunk of 4 GB", b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff" + webp[20:])
    yield Odd("GIF without a frame", gif(32, 32))
    yield Odd("GIF of no width", gif(0, 32, frame(0, 32)))
    yield Odd("GIF with codes of 13 bits", gif(32, 32, frame(32, 32, b"\x0d\x02D\x01\0")))
    yield Odd("GIF with a frame of two bytes", gif(32, 32, frame(32, 32)))
    yield Odd("GIF without an end", gif(32, 32, b"!\xfe\xff" + bytes(30))[:-1])
    yield Odd("GIF of comments alone", gif(32, 32, (b"!\xfe\xff" + b"x" * 255 + b"\0") * 4000))


def slow() -> Iterator[Odd]:
    """A progressive JPEG whose last scan comes thousands of times: each one is a pass over all of its pixels."""
    body = saved("JPEG", picture(4_000, 3_000, "L"), progressive=True)
    at = body.rindex(b"\xff\xda")
    end = body.rindex(b"\xff\xd9")
    head = body[at : at + 2 + struct.unpack(">H", body[at + 2 : at + 4])[0]]
    yield Odd("JPEG of twenty thousand scans", body[:end] + (head + b"\0") * 20_000 + body[end:])


def hostile() -> Iterator[Odd]:
    """Each must be refused, by the edge or by the check."""
    for each in (no_pictures, truncated, huge, small, broken_png, broken_others, slow):
        yield from each()


def random_damage() -> Iterator[Odd]:
    """May be refused, or shown as far as it can be read."""
    for kind in FORMATS:
        for seed in range(4):
            yield Odd(f"damaged {kind} {seed}", damaged(saved(kind), seed))


def odd_but_fine() -> Iterator[Odd]:
    """Each is shown, without what it carries."""
    jpeg = saved("JPEG")
    for value in (0, 1, 6, 9, 65_535):
        yield Odd(f"JPEG that is turned by {value}", with_segment(jpeg, 0xE1, orientation(value)))
    looped = exif(struct.pack(">HHII", 0x8769, 4, 1, 8), 1, following=8)
    yield Odd("JPEG with EXIF that leads to itself", with_segment(jpeg, 0xE1, looped))
    yield Odd("JPEG with EXIF of wrong bytes", with_segment(jpeg, 0xE1, b"Exif\0\0" + b"\xff" * 2000))
    yield Odd("JPEG with EXIF of 65,535 entries", with_segment(jpeg, 0xE1, exif(b"\0" * 60_000, 65_535)))
    where = exif(struct.pack(">HHII", 0x8825, 4, 1, 26), 1) + b"41.0082 N 28.9784 E" + PAYLOAD
    yield Odd("JPEG that says where it was taken", with_segment(jpeg, 0xE1, where))
    yield Odd("JPEG with a comment", with_segment(jpeg, 0xFE, PAYLOAD))
    yield Odd("JPEG with a profile", saved("JPEG", icc_profile=b"\0" * 100 + PAYLOAD))
    yield Odd("JPEG with a page behind it", jpeg + b"<html>" + PAYLOAD)
    yield Odd("JPEG with a ZIP behind it", jpeg + b"PK\x03\x04" + PAYLOAD + b"PK\x05\x06" + bytes(18))
    yield Odd("CMYK", saved("JPEG", picture(mode="CMYK")))
    yield Odd("grey", saved("JPEG", picture(mode="L")))
    yield Odd("two pictures in one JPEG", saved("MPO", save_all=True, append_images=[picture(seed=2)]))
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", PAYLOAD.decode())
    yield Odd("PNG with a text", saved("PNG", pnginfo=text))
    yield Odd("PNG with a page behind it", saved("PNG") + PAYLOAD)
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16"):
        yield Odd(
            f"PNG {mode}", saved("PNG", picture(mode="L").convert(mode) if mode == "I;16" else picture(mode=mode))
        )
    clear = picture(mode="P")
    clear.info["transparency"] = 3
    yield Odd("PNG with one clear colour", saved("PNG", clear, transparency=3))
    yield Odd("PNG of many frames", saved("PNG", save_all=True, append_images=[picture(seed=n) for n in range(2, 60)]))
    yield Odd("GIF of a thousand frames", gif_of_frames(1000))
    yield Odd("GIF that is a script", b"GIF89a" + saved("GIF")[6:] + b"/*" + PAYLOAD + b"*/")
    many = [picture(seed=n) for n in range(2, 40)]
    yield Odd("WebP of many frames", saved("WEBP", save_all=True, append_images=many, duration=20))
    yield Odd("WebP with EXIF", saved("WEBP", exif=orientation(1) + PAYLOAD))
    yield Odd("WebP without colours lost", saved("WEBP", lossless=True))
    yield Odd("PNG of 24 megapixels that was 24 KB", png(header(16_000, 1_500, colours=0), rows(16_000, 1_500, 1)))
    yield from half_broken()
    yield Odd("PNG of 25 megapixels with alpha", png(header(5_000, 5_000, colours=6), rows(5_000, 5_000, 4)))


def half_broken() -> Iterator[Odd]:
    """What is wrong in these does not keep their pixels, or some of them, from being read."""
    good, side, jpeg = rows(32, 32), header(32, 32), saved("JPEG")
    yield Odd("PNG with a palette that is not there", png(header(32, 32, colours=3), rows(32, 32, 1))[:60])
    yield Odd("PNG whose pixels end early", png(side, rows(32, 3)))
    yield Odd("PNG with a chunk of 4 GB", png(side, chunk(b"IDAT", good[8:-4], length=2**32 - 1)))
    yield Odd("PNG with a chunk of 2 GB", png(side, chunk(b"IDAT", good[8:-4], length=2**31 - 1)))
    yield Odd("JPEG with a segment of no length", b"\xff\xd8\xff\xe0\0\0" + jpeg[2:])


def gif_of_frames(count: int) -> bytes:
    return saved(
        "GIF", picture(32, 32, "P"), save_all=True, append_images=[picture(32, 32, "P", n) for n in range(2, count)]
    )


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    makers: tuple[Callable[[], Iterator[Odd]], ...] = (hostile, random_damage, odd_but_fine)
    for each in (found for maker in makers for found in maker()):
        (folder / each.name.replace(" ", "_").replace("/", "_").replace(",", "")).write_bytes(each.body)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
