"""A change of a schema names the readers that it would break, and the page of the topics has them all."""

import re
import subprocess
from collections.abc import Callable
from copy import deepcopy
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from topics.contracts import all_topics
from topics.diff import changes, schemas_at
from topics.generate import refusals
from topics.recording import asyncapi, page
from topics.recording.schemas import RECORDED, as_file, recorded, topic_schema

TOPICS = all_topics()


def _before() -> dict[str, Any]:
    return {name: msgspec.json.decode(msgspec.json.encode(topic_schema(topic))) for name, topic in TOPICS.items()}


def _more(kind: str, **fields: Any) -> Callable[[dict[str, Any]], None]:
    """Before, the type had these fields, too."""
    return lambda schema: schema["$defs"][kind]["properties"].update(fields)


PLANTED = {
    "a field that restaurants' followers need": (
        "user_events", _more("RestaurantFavoured", mail={"type": "string"}), "mail: the field is gone",
        {"user", "restaurant"}, {"notification"},
    ),
    "a field inside a ticket": (
        "order_events", _more("PricedItem", weight={"type": "number"}), "weight: the field is gone",
        {"kitchen", "order"}, set[str](),
    ),
    "a field of a mail": (
        "email_event", _more("DiscountMail", cc={"type": "string"}), "cc: the field is gone",
        {"notification"}, {"order"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("topic", "plant", "why", "broken", "untouched"), PLANTED.values(), ids=PLANTED)
def test_a_breaking_change_names_who_reads_it(
    topic: str, plant: Callable[[dict[str, Any]], None], why: str, broken: set[str], untouched: set[str]
) -> None:
    before = _before()
    plant(before[topic])
    found = changes(before, TOPICS)
    readers = set[str]()
    for line in found:
        said = re.fullmatch(rf"BREAKS  {topic}: \S*\.{why}; read by (.*)", line)
        assert said is not None, line
        readers |= set(said[1].split(", "))
    assert found and broken <= readers and not untouched & readers


def test_generating_refuses_it_with_the_same_names(tmp_path: Path) -> None:
    for name, topic in TOPICS.items():
        schema = deepcopy(recorded(topic))
        assert schema is not None
        if name == "order_events":
            _more("OrderPlaced", gift_wrap={"type": "string"})(schema)
        (tmp_path / f"{name}.json").write_bytes(as_file(schema))
    line = next(each for each in refusals(TOPICS, tmp_path) if "OrderPlaced.gift_wrap" in each)
    assert line.startswith("order_events: OrderPlaced.gift_wrap: the field is gone; read by ") and "analytics" in line


def test_what_is_new_breaks_nobody() -> None:
    before = _before()
    del before["engineer_audit"]
    before["order_events"]["messages"].remove("OrderErased")
    del before["order_events"]["$defs"]["OrderErased"]
    del before["user_events"]["$defs"]["Preferences"]["properties"]["language"]
    found = changes(before, TOPICS)
    assert "new     engineer_audit: the topic" in found and "new     order_events: OrderErased" in found
    assert "new     user_events: Preferences.language" in found
    assert not any(line.startswith("BREAKS") for line in found)


def test_a_topic_that_is_gone_names_who_read_it() -> None:
    before = _before()
    topics = {name: topic for name, topic in TOPICS.items() if name != "user_erased"}
    assert changes(before, topics) == [
        "BREAKS  user_erased: the topic is gone; it was read by user, address, basket, notification, courier"
    ]


def test_schemas_of_a_commit_are_read_from_git(tmp_path: Path) -> None:
    folder = tmp_path / "topics" / "schemas"
    folder.mkdir(parents=True)
    (folder / "user_erased.json").write_bytes((RECORDED / "user_erased.json").read_bytes())
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    assert schemas_at("HEAD", tmp_path).keys() == {"user_erased"}
    with pytest.raises(ValueError, match="nowhere"):
        schemas_at("nowhere", tmp_path)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        named = dict(attrs)
        if named.get("id"):
            self.ids.append(named["id"] or "")
        if (named.get("href") or "").startswith("#"):
            self.links.append((named["href"] or "")[1:])


def test_the_page_has_every_topic_and_type_once_and_no_link_leads_nowhere() -> None:
    read = _Page()
    read.feed(page.page(asyncapi.document(TOPICS), TOPICS).decode())
    assert len(read.ids) == len(set(read.ids))
    assert {f"{name}.{kind.__name__}" for name, topic in TOPICS.items() for kind in topic.messages} <= set(read.ids)
    assert set(TOPICS) <= set(read.ids) and set(read.links) <= set(read.ids)
    assert "script" not in read.tags
