"""The process in which pictures are decoded: what it takes, what it gives, what it cannot do, and what becomes of it."""

import asyncio
import io
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from PIL import Image
from structlog.testing import capture_logs

import agents.photo
from agents.photo.workshop import Made, Workshop
from stores.errors import Unavailable
from tests.agents.photo import corpus
from tests.agents.photo.corpus import Odd, picture, saved
from tests.deadline import until
from topics.values.pictures import MOST_BYTES, kind_of

WORKER = Path(agents.photo.__file__).with_name("worker.py")
SIDES = {"thumb": 160, "card": 640, "full": 1600}


def many(odd: Sequence[Odd]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("odd", odd, ids=lambda odd: odd.name)


async def check(body: bytes) -> Made:
    made = await Workshop().check(body)
    assert isinstance(made, Made), made
    return made


def opened(made: Made, size: str, kind: str = "image/webp") -> Image.Image:
    (rendition,) = [
        rendition for rendition in made.renditions if (rendition.file.size, rendition.file.type) == (size, kind)
    ]
    return Image.open(io.BytesIO(rendition.body))


# -- hostile and odd pictures

HOSTILE = list(corpus.hostile())
SLOW = {odd.name for odd in corpus.slow()}


def test_there_are_a_hundred_hostile_files_and_all_are_different() -> None:
    assert len({odd.body for odd in HOSTILE}) == len(HOSTILE) == len({odd.name for odd in HOSTILE}) >= 100
    assert all(len(odd.body) <= MOST_BYTES for odd in HOSTILE), "the edge would take no more"


async def test_each_hostile_file_is_refused_for_a_reason_and_the_next_picture_is_taken() -> None:
    """By its first bytes, as the edge does, or by the worker. All in one test: they have two workers at a time."""
    workshop, impatient, said = Workshop(), Workshop(2.0), dict[str, str]()

    async def one(odd: Odd) -> None:
        if kind_of(odd.body[:12]) is None:
            said[odd.name] = "not taken"
            return
        made = await (impatient if odd.name in SLOW else workshop).check(odd.body)
        said[odd.name] = "shown" if isinstance(made, Made) else made

    await asyncio.gather(*map(one, HOSTILE))
    assert [name for name, outcome in said.items() if outcome == "shown"] == []
    assert {said[name] for name in SLOW} == {"took_too_long"}
    assert said["PNG that becomes 2.7 GB"] == "too_many_pixels"
    assert isinstance(await workshop.check(saved("JPEG")), Made)


@many(list(corpus.odd_but_fine()))
async def test_an_odd_picture_is_shown_without_what_it_carries(odd: Odd) -> None:
    for rendition in (await check(odd.body)).renditions:
        assert (
            corpus.PAYLOAD[:12] not in rendition.body
            and b"Exif" not in rendition.body
            and b"EXIF" not in rendition.body
        )
        assert not any(name in rendition.body for name in (b"ICCP", b"ICC_PROFILE", b"XMP", b"PK\x03\x04"))


async def test_random_damage_does_no_harm() -> None:
    workshop = Workshop()
    outcomes = await asyncio.gather(*(workshop.check(odd.body) for odd in corpus.random_damage()))
    assert all(isinstance(outcome, Made | str) for outcome in outcomes)
    assert isinstance(await workshop.check(saved("PNG")), Made)


# -- what it makes


@pytest.mark.parametrize("kind", corpus.FORMATS)
async def test_every_kind_becomes_three_sizes_as_webp_and_jpeg(kind: str) -> None:
    made = await check(saved(kind, picture(1800, 900)))
    assert (made.width, made.height) == (1800, 900)
    assert [(rendition.file.size, rendition.file.type) for rendition in made.renditions] == [
        (size, type_) for size in ("full", "card", "thumb") for type_ in ("image/webp", "image/jpeg")
    ]
    for rendition in made.renditions:
        image = Image.open(io.BytesIO(rendition.body))
        side = SIDES[rendition.file.size]
        assert image.size == (rendition.file.width, rendition.file.height) == (side, side // 2)
        assert f"image/{(image.format or '').lower()}" == rendition.file.type and rendition.file.bytes == len(
            rendition.body
        )


async def test_a_small_picture_is_not_made_larger() -> None:
    made = await check(saved("PNG", picture(200, 100)))
    assert {rendition.file.size: rendition.file.width for rendition in made.renditions} == {
        "full": 200,
        "card": 200,
        "thumb": 160,
    }


@pytest.mark.parametrize("size", [(8_000, 16), (16, 8_000)])
async def test_a_picture_that_is_very_thin_keeps_a_pixel(size: tuple[int, int]) -> None:
    made = await check(saved("PNG", picture(*size)))
    assert (made.width, made.height) == size
    assert sorted(opened(made, "thumb").size) == [1, 160]


async def test_the_same_bytes_become_the_same_renditions() -> None:
    first, second = await check(saved("PNG")), await check(saved("PNG"))
    assert [rendition.file for rendition in first.renditions] == [rendition.file for rendition in second.renditions]


@pytest.mark.parametrize("value", range(1, 9))
async def test_a_picture_is_turned_as_its_exif_says(value: int) -> None:
    """The same picture in eight turns, each with the note that undoes it."""
    upright = Image.new("RGB", (120, 80), "black")
    upright.paste("white", (0, 0, 60, 40))  # white is top left
    turns = [
        None, Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM,
        Image.Transpose.TRANSPOSE, Image.Transpose.ROTATE_90, Image.Transpose.TRANSVERSE, Image.Transpose.ROTATE_270,
    ]  # fmt: skip
    turn = turns[value - 1]
    taken = upright if turn is None else upright.transpose(turn)
    made = await check(corpus.with_segment(saved("JPEG", taken, quality=95), 0xE1, corpus.orientation(value)))
    assert (made.width, made.height) == (120, 80)
    shown = opened(made, "full", "image/jpeg").convert("L")
    corners = [shown.getpixel(place) for place in ((10, 10), (110, 10), (10, 70), (110, 70))]
    assert [int(str(corner)) > 128 for corner in corners] == [True, False, False, False]


async def test_clear_pixels_stay_clear_in_webp_and_are_white_in_jpeg() -> None:
    made = await check(saved("PNG", Image.new("RGBA", (64, 64), (0, 0, 0, 0))))
    assert opened(made, "full").convert("RGBA").getpixel((9, 9))[3] == 0  # type: ignore[index]
    assert opened(made, "full", "image/jpeg").getpixel((9, 9)) == (255, 255, 255)


@pytest.mark.parametrize("shade", [0, 0x4000, 0x8000, 0xFFFF])
async def test_grey_of_sixteen_bits_keeps_its_shade(shade: int) -> None:
    """With and without a shade that is clear."""
    row = b"\0" + shade.to_bytes(2) * 64
    pixels = corpus.chunk(b"IDAT", zlib.compress(row * 64))
    clear = corpus.chunk(b"tRNS", (0x1234).to_bytes(2))
    for chunks in ((pixels,), (clear, pixels)):
        made = await check(corpus.png(corpus.header(64, 64, depth=16, colours=0), *chunks))
        shown = opened(made, "full", "image/jpeg").convert("L").getpixel((9, 9))
        assert abs(int(str(shown)) - shade // 256) <= 1


async def test_of_many_frames_the_first_is_shown() -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("white", "black", "black")]
    for kind in ("GIF", "WEBP", "PNG"):
        made = await check(saved(kind, frames[0], save_all=True, append_images=frames[1:]))
        assert min(opened(made, "full", "image/jpeg").getpixel((9, 9))) > 250  # type: ignore[arg-type]


# -- what it cannot do

TRIES = """
import os, socket, sys
sys.path.insert(0, {folder!r})
import worker
assert worker.shut_in(), "this kernel refuses no calls"
def tried(what):
    try:
        what()
    except (OSError, MemoryError, ImportError) as error:
        return type(error).__name__
    return "done"
said = {{
    "read a file": lambda: open("/etc/passwd"),
    "write a file": lambda: open("/tmp/lezzet-worker", "w"),
    "connect": lambda: socket.socket(),
    "fork": os.fork,
    "become a program": lambda: os.execv("/bin/true", ["true"]),
    "signal": lambda: os.kill(os.getppid(), 0),
    "remove": lambda: os.unlink("/tmp/lezzet-worker"),
    "look at a folder": lambda: os.listdir("/"),
    "take 700 MB": lambda: bytearray(700 * 2**20),
}}
os.write(1, repr({{name: tried(what) for name, what in said.items()}}).encode())
os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels have the limits alone")
async def test_a_worker_can_compute_and_nothing_else() -> None:
    code = TRIES.format(folder=str(WORKER.parent))
    process = await asyncio.create_subprocess_exec(sys.executable, "-I", "-c", code, stdout=-1, stderr=-1)
    said, wrong = await process.communicate()
    outcomes = eval(said.decode())
    assert wrong == b"" and set(outcomes.values()) == {"PermissionError", "MemoryError"}, outcomes


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels have the limits alone")
async def test_a_worker_that_is_not_shut_in_is_told_about_and_makes_its_pictures() -> None:
    code = f"sys.path.insert(0, {str(WORKER.parent)!r})\nimport worker\nworker._CALLS.clear()\nworker.main()"
    with capture_logs() as said:
        assert isinstance(await Workshop().check(saved("PNG")), Made)
        assert not said
        workshop = Workshop(command=worker_that(code))
        assert isinstance(await workshop.check(saved("PNG")), Made)
        assert await workshop.check(saved("PNG", picture(1, 1))) == "too_small"
    assert [(line["log_level"], line["pictures"]) for line in said] == [("warning", 1)]


async def test_the_largest_picture_stays_within_the_memory_of_a_worker() -> None:
    """25 megapixels with alpha, decoded: seen from outside, while it works."""
    body = corpus.png(corpus.header(5_000, 5_000, colours=6), corpus.rows(5_000, 5_000, 4))
    checking = asyncio.create_task(Workshop().check(body))
    most = 0
    while not checking.done():
        for child in psutil.Process().children():
            with_memory = _memory(child)
            most = max(most, with_memory)
        await asyncio.sleep(0.02)
    assert isinstance(await checking, Made)
    assert 100 * 2**20 < most < 640 * 2**20


def _memory(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss if process.cmdline()[-1:] == [str(WORKER)] else 0
    except psutil.Error:
        return 0


# -- what becomes of a worker


def worker_that(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", f"import os, sys, signal, time\n{code}")


def workers() -> list[psutil.Process]:
    """Processes of this one that run a program of these tests."""
    return [child for child in psutil.Process().children() if child.cmdline()[:3] == [sys.executable, "-I", "-c"]]


RENDITION_OF_HTML = '{"renditions":[{"size":"full","type":"text/html","width":1,"height":1,"bytes":0}]}'

GOOD_OR = """
body = sys.stdin.buffer.read()
if body == b"good":
    sys.stdout.buffer.write(b'{"width":1,"height":1,"renditions":[{"size":"full","type":"image/webp","width":1,"height":1,"bytes":2}]}\\nok')
    sys.stdout.flush()
    os._exit(0)
"""


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "unreadable"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "unreadable"),
        ("os.abort()", "unreadable"),
        ("sys.exit(3)", "unreadable"),
        ("print('no JSON')", "unreadable"),
        ("pass", "unreadable"),
        ("print('{\"refused\":\"because\"}')", "unreadable"),
        (f"print('{RENDITION_OF_HTML}')", "unreadable"),
        ("sys.stdout.write('{}\\n' + 'x' * 100)", "unreadable"),
        ("while True: sys.stdout.write('x' * 2**20)", "unreadable"),
        ("os.kill(os.getpid(), signal.SIGXCPU)", "took_too_long"),
        ("time.sleep(600)", "took_too_long"),
    ],
)  # fmt: skip
async def test_whatever_becomes_of_a_worker_the_picture_is_refused_and_the_next_one_is_checked(
    code: str, reason: str
) -> None:
    seconds = 0.5 if "sleep" in code else 30.0
    workshop = Workshop(seconds, worker_that(GOOD_OR + code))
    assert await workshop.check(b"bad") == reason
    assert isinstance(await Workshop(30.0, worker_that(GOOD_OR + code)).check(b"good"), Made)
    assert isinstance(await workshop.check(b"good"), Made) or seconds < 1
    assert workers() == []


async def test_a_worker_that_died_for_another_reason_is_replaced(tmp_path: Path) -> None:
    code = f"body = sys.stdin.buffer.read()\nif not os.path.exists({str(tmp_path / 'once')!r}):\n" \
        f"    open({str(tmp_path / 'once')!r}, 'w')\n    os.kill(os.getpid(), signal.SIGKILL)\n"  # fmt: skip
    workshop = Workshop(
        30.0, worker_that(code + GOOD_OR.replace("body = sys.stdin.buffer.read()\n", "body = b'good'\n"))
    )
    assert isinstance(await workshop.check(b"good"), Made)


async def test_a_picture_waits_while_no_worker_can_be_started() -> None:
    """A dead letter would leave its photo pending for good, on a seat of its owner."""
    with pytest.raises(Unavailable, match="photo worker"):
        await Workshop(command=("/nowhere/python",)).check(b"x")


async def test_a_check_that_is_cancelled_leaves_no_worker() -> None:
    workshop = Workshop(30.0, worker_that("time.sleep(600)"))
    checking = asyncio.create_task(workshop.check(b"x"))

    async def begun() -> bool:
        return bool(workers())

    await until("a worker to have begun", begun)
    checking.cancel()
    await asyncio.gather(checking, return_exceptions=True)
    assert workers() == []
