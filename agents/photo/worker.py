"""Checks one picture and makes its renditions: a process of its own, which reads bytes that nobody trusts, and ends.

It is run as a script (agents/photo/workshop.py) and imports the standard library and Pillow alone. stdin: the bytes of the
picture. stdout: one line of JSON, then the bytes of the renditions one after the other, or the reason of a refusal alone.

Before it reads anything it shuts itself in (shut_in): little memory and time, and no system call but those that computing,
reading stdin and writing stdout need. It cannot open a file or a socket, start a process, or send a signal.
"""

import copy
import ctypes
import io
import json
import os
import platform
import resource
import struct
import sys
from typing import Any, NamedTuple

from PIL import (
    GifImagePlugin,
    Image,
    ImageColor,
    ImageFile,
    ImageFilter,
    ImagePalette,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    TiffTags,
    WebPImagePlugin,
)

MEMORY = 640 * 2**20  # bytes of address space: 25 megapixels of four bytes, a few times, and Python
CPU_SECONDS = 10
MOST_PIXELS = 25_000_000
LONGEST_SIDE = 16_000  # pixels: WebP has no more than 16,383
SHORTEST_SIDE = 16
SIZES = {"full": 1600, "card": 640, "thumb": 160}  # pixels of the longer side, at most
JPEG, WEBP = "image/jpeg", "image/webp"

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_BEFOREHAND = (
    GifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin,
    copy, ImageColor, ImageFilter, ImagePalette, TiffImagePlugin, TiffTags,
)  # fmt: skip
"""What Pillow imports when it first needs it: nothing can be imported once the process is shut in."""

_ORIENTATION = 0x0112  # of EXIF

# Linux: numbers of system calls, by machine, and the machine's name in a filter (linux/audit.h)
_CALLS = {
    # read write close fstat lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn mremap madvise getpid exit
    # gettid futex restart_syscall clock_gettime exit_group getrandom rseq sched_yield sigaltstack
    "x86_64": (
        0xC000003E,
        (0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 25, 28, 39, 60, 186, 202, 219, 228, 231, 318, 334, 24, 131),
    ),
    "aarch64": (
        0xC00000B7,
        (63, 64, 57, 80, 62, 222, 226, 215, 214, 134, 135, 139, 216, 233, 172, 93, 178, 98, 128, 113, 94, 278, 293, 124, 132),
    ),
}  # fmt: skip
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06


class Refused(Exception):
    """reason: one of topics.contracts.photo_events.Reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Rendition(NamedTuple):
    size: str
    type: str
    width: int
    height: int
    body: bytes


def shut_in() -> bool:
    """For good. Returns whether system calls are refused; other kernels than Linux have the limits alone."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    if sys.platform != "linux" or platform.machine() not in _CALLS:
        return False
    return _refuse_calls(*_CALLS[platform.machine()])


def _refuse_calls(machine: int, allowed: tuple[int, ...]) -> bool:
    """A seccomp filter: `allowed`, and EPERM for all else."""
    rules = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, machine), (_RETURN, 0, 0, _REFUSE), (_LOAD, 0, 0, 0)]
    rules += [(_EQUAL, len(allowed) - place, 0, number) for place, number in enumerate(allowed)]
    rules += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    filters = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    program = ctypes.create_string_buffer(struct.pack("HL", len(rules), ctypes.addressof(filters)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return prctl(_PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0) == 0


def made(body: bytes) -> tuple[int, int, list[Rendition]]:
    """Width and height as the picture is shown, and its renditions. Raises Refused."""
    try:
        return _made(body)
    except MemoryError:
        raise Refused("too_much_memory") from None
    except Refused:
        raise
    except Exception:  # Pillow raises any for damaged bytes
        raise Refused("unreadable") from None


def _made(body: bytes) -> tuple[int, int, list[Rendition]]:
    picture = _opened(body)
    width, height = picture.size
    picture.draft("RGB", (SIZES["full"], SIZES["full"]))  # of a JPEG: decoded at half or a quarter where that is enough
    picture.load()
    orientation = _orientation(picture)
    shown = _upright(picture, orientation)
    renditions: list[Rendition] = []
    for size, side in SIZES.items():  # each out of the larger one before
        shown = _within(shown, side)
        renditions += [_written(shown, size, WEBP), _written(_on_white(shown), size, JPEG)]
    return (height, width, renditions) if orientation in _ON_ITS_SIDE else (width, height, renditions)


def _opened(body: bytes) -> Image.Image:
    """Its size is looked at before a pixel of it is decoded."""
    picture = _recognised(body)
    width, height = picture.size
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise Refused("too_many_pixels")
    if min(width, height) < SHORTEST_SIDE:
        raise Refused("too_small")
    return picture


def _recognised(body: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(body), formats=_FORMATS)
    except Image.DecompressionBombError:
        raise Refused("too_many_pixels") from None


def _orientation(picture: Image.Image) -> int:
    """1 where it says none, or nothing that can be read."""
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:
        return 1


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    """The first frame, as pixels and nothing else, turned as its EXIF says, at most as large as the largest rendition."""
    picture = _in_bytes(picture) if picture.mode.startswith("I") else picture
    clear = picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info
    pixels = picture.convert("RGBA" if clear else "RGB")
    pixels = _within(pixels, SIZES["full"])
    pixels.info = {}
    turn = _TURNS.get(orientation)
    return pixels if turn is None else pixels.transpose(turn)


def _within(picture: Image.Image, side: int) -> Image.Image:
    """With sides of at most so many pixels; what is very thin keeps one."""
    longest = max(picture.size)
    if longest <= side:
        return picture
    width, height = (max(1, round(each * side / longest)) for each in picture.size)
    return picture.resize((width, height))


def _in_bytes(picture: Image.Image) -> Image.Image:
    """Grey of 16 bits. Pillow's own conversion cuts off what is above 255, so that nearly all of it is white."""
    picture.info = {}  # a clear shade has 16 bits, too
    return picture.convert("I").point(lambda shade: shade / 256).convert("L")


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_ITS_SIDE = (5, 6, 7, 8)


def _on_white(picture: Image.Image) -> Image.Image:
    """JPEG has no transparency."""
    if picture.mode == "RGB":
        return picture
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


def _written(picture: Image.Image, size: str, kind: str) -> Rendition:
    out = io.BytesIO()
    if kind == WEBP:
        picture.save(out, "WEBP", quality=80, method=4)
    else:
        picture.save(out, "JPEG", quality=82, optimize=True, progressive=True)
    return Rendition(size, kind, picture.width, picture.height, out.getvalue())


def _answer(body: bytes, shut: bool) -> bytes:
    try:
        width, height, renditions = made(body)
    except Refused as refused:
        return json.dumps({"refused": refused.reason, "shut_in": shut}).encode() + b"\n"
    said: list[dict[str, Any]] = [
        {"size": each.size, "type": each.type, "width": each.width, "height": each.height, "bytes": len(each.body)}
        for each in renditions
    ]
    head = json.dumps({"width": width, "height": height, "renditions": said, "shut_in": shut}).encode() + b"\n"
    return head + b"".join(each.body for each in renditions)


def main() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0)  # whoever started it is gone: so is it
    os.nice(10)
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    ready, heard = sys.stdout.buffer, sys.stdin.buffer
    shut = shut_in()
    ready.write(_answer(heard.read(), shut))
    ready.flush()
    os._exit(0)  # the interpreter's own end would ask for more calls


if __name__ == "__main__":
    main()
