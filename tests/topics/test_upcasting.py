"""Older forms of a message are read for ever: by a chain of steps without a hole, each form with a recorded example."""

import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from infra.layout.folders import CHECKOUT
from topics.generate import refusals
from topics.messages.message import Message, Undecodable
from topics.messages.topic import Topic
from topics.messages.upcasting import Upcast, holes
from topics.recording.compatibility import breaks
from topics.recording.schemas import topic_schema


class Weighed(Message, frozen=True, kw_only=True):
    """Version 1 had `kilos`, a number; version 2 `weight` as a text with its unit; version 3 has grams and says who weighed."""

    schema_version: ClassVar[int] = 3

    grams: int
    by: str


class Opened(Message, frozen=True, kw_only=True):
    name: str


def _with_unit(body: dict[str, Any]) -> dict[str, Any]:
    return {"weight": f"{body['kilos']} kg"}


def _in_grams(body: dict[str, Any]) -> dict[str, Any]:
    return {"grams": int(float(body["weight"].removesuffix(" kg")) * 1000), "by": "nobody"}


STEPS = (Upcast(Weighed, 1, _with_unit), Upcast(Weighed, 2, _in_grams))


def topic(*upcasts: Upcast, messages: tuple[type[Message], ...] = (Weighed, Opened)) -> Topic:
    return Topic(name="test_events", messages=messages, key="scale", producers=(), consumers=(), upcasts=upcasts)


@pytest.mark.parametrize(
    ("version", "body", "expected"),
    [
        (None, b'{"kilos": 1.5}', Weighed(grams=1500, by="nobody")),
        ("1", b'{"kilos": 1.5}', Weighed(grams=1500, by="nobody")),
        ("2", b'{"weight": "2 kg"}', Weighed(grams=2000, by="nobody")),
        ("3", b'{"grams": 7, "by": "ayse", "more": 1}', Weighed(grams=7, by="ayse")),
    ],
)
def test_each_older_form_is_read_as_the_one_of_today(version: str | None, body: bytes, expected: Weighed):
    assert topic(*STEPS).decode("Weighed", body, version) == expected


@pytest.mark.parametrize(
    ("version", "body", "why"),
    [
        ("4", b"{}", "version 4, this code reads up to 3"),
        ("0", b"{}", "no"),
        ("x", b"{}", "no"),
        ("1", b"[]", "no object"),
        ("1", b'{"grams": 1}', "version 1 to 3: KeyError"),
        ("2", b'{"weight": "2 kg"', "truncated"),
        ("3", b'{"kilos": 1.5}', "grams"),
    ],
)
def test_what_cannot_be_read_says_why(version: str, body: bytes, why: str):
    with pytest.raises(Undecodable, match=why):
        topic(*STEPS).decode("Weighed", body, version)


def test_a_type_without_a_version_is_version_1():
    assert topic(*STEPS).decode("Opened", b'{"name": "a"}', "1") == Opened(name="a")
    with pytest.raises(Undecodable, match="version 2"):
        topic(*STEPS).decode("Opened", b'{"name": "a"}', "2")


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        (STEPS, None),
        (STEPS[:1], "test_events: Weighed has no step from version 2 to 3"),
        (STEPS[1:], "test_events: Weighed has no step from version 1 to 2"),
        ((*STEPS, STEPS[0]), "test_events: Weighed has two steps from version 1"),
        ((*STEPS, Upcast(Weighed, 3, _in_grams)), "test_events: Weighed has a step from version 3, and no version 4"),
        ((*STEPS, Upcast(Opened, 1, _in_grams)), "test_events: Opened has a step from version 1, and no version 2"),
    ],
)
def test_a_chain_with_a_hole_is_one_clear_line(steps: tuple[Upcast, ...], line: str | None):
    made = topic(*steps)
    assert holes(made.name, made.messages, made.upcasts) == ([] if line is None else [line])


_HOLE = """
import sys
from topics.contracts import address_events
address_events.AddressAdded.schema_version = 3
from {module} import {what}
sys.argv = ["x"]
import runpy; runpy.run_module("{module}", run_name="__main__")
"""


@pytest.mark.parametrize(("module", "what"), [("agents.__main__", "main"), ("agents.provision", "provision")])
def test_no_program_starts_with_a_hole(module: str, what: str):
    done = subprocess.run(
        [sys.executable, "-c", _HOLE.format(module=module, what=what)],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "agents: address_events: AddressAdded has no step from version 1 to 2\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_older_form_has_a_recorded_example_that_is_read(tmp_path: Path):
    made, folder = topic(*STEPS), tmp_path / "test_events"

    def refused() -> list[str]:
        return refusals({"test_events": made}, tmp_path / "schemas", tmp_path)

    folder.mkdir()
    assert len(refused()) == 2 and all("is missing" in line for line in refused())
    (folder / "Weighed.v1.json").write_text('{"kilos": 1}')
    (folder / "Weighed.v2.json").write_text('{"stones": 1}')
    (line,) = refused()
    assert "Weighed.v2.json cannot be read" in line
    (folder / "Weighed.v2.json").write_text('{"weight": "1 kg"}')
    assert refused() == []


def test_a_type_may_change_as_it_likes_when_its_version_is_counted_up_and_never_down():
    old = msgspec.defstruct("Weighed", [("kilos", float)], bases=(Message,), frozen=True, kw_only=True)
    before, after = topic_schema(topic(messages=(old, Opened))), topic_schema(topic(*STEPS))
    assert breaks(before, after) == []
    assert breaks(after, before) == ["Weighed: the version was 3 and is 1"]
