"""The AsyncAPI document as a page to read: one HTML file without scripts. Every topic and type has an address (`#name`)."""

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from topics.messages.topic import FOREVER, Topic
from topics.recording.schemas import Schema

PATH = Path(__file__).parents[2] / "docs" / "api" / "topics.html"

_STYLE = """
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:70rem;padding:1rem}
code,td:first-child{font-family:ui-monospace,monospace;overflow-wrap:anywhere}table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid #8886;padding:.2rem .6rem .2rem 0;text-align:left;vertical-align:top}
nav a{display:inline-block;margin-right:1rem}h2{border-top:2px solid #888;padding-top:1rem}h3{margin-bottom:.2rem}
""".strip()
_BOUNDS = (
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "minItems",
    "maxItems",
    "pattern",
    "format",
)


def page(document: Schema, topics: Mapping[str, Topic]) -> bytes:
    """document: of topics.recording.asyncapi."""
    schemas: Mapping[str, Any] = document["components"]["schemas"]
    messages = {kind.__name__ for topic in topics.values() for kind in topic.messages}
    used = set(re.findall(r"#/components/schemas/(\w+)", repr(schemas)))
    parts = [_topic(topic, document["channels"][name], schemas) for name, topic in topics.items()]
    values = [
        _type(name, schemas[name]) for name in sorted(schemas) if name in used or name not in messages | {"Headers"}
    ]
    headers = _type("Headers", schemas["Headers"])
    links = " ".join(f'<a href="#{name}">{name}</a>' for name in (*topics, "Headers"))
    text = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Lezzet: topics</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Topics</h1>\n"
        f'<p>{escape(document["info"]["description"])} Made of <a href="asyncapi.json">asyncapi.json</a> by '
        f"<code>python -m topics.generate</code>.</p>\n<nav>{links}</nav>\n"
        + "\n".join(parts)
        + "\n<h2>Headers of every message</h2>\n"
        + headers
        + "\n<h2>What bodies are made of</h2>\n"
        + "\n".join(values)
        + "\n</body>\n</html>\n"
    )
    return text.encode()


def _topic(topic: Topic, channel: Schema, schemas: Mapping[str, Any]) -> str:
    kept = "for ever" if topic.retention == FOREVER else f"{topic.retention.days} days"
    facts = (
        ("key", topic.key), ("kept", kept), ("published by", ", ".join(topic.producers)),
        ("read by", ", ".join(topic.consumers) or "nobody of ours"), ("largest message", f"{topic.max_bytes:,} bytes"),
        ("dead letters", topic.dead_letters),
    )  # fmt: skip
    about = escape(" ".join((channel.get("description") or "").split()))
    rows = "".join(f"<tr><td>{name}</td><td>{escape(value)}</td></tr>" for name, value in facts)
    types = "\n".join(_type(kind.__name__, schemas[kind.__name__], topic.name) for kind in topic.messages)
    return f'<h2 id="{topic.name}">{topic.name}</h2>\n<p>{about}</p>\n<table>{rows}</table>\n{types}'


def _type(name: str, schema: Schema, of_topic: str = "") -> str:
    about = escape(" ".join(schema.get("description", "").split()))
    required = schema.get("required", ())
    fields = "".join(
        f"<tr><td>{escape(each)}</td><td>{_said(said)}</td><td>{'' if each in required else 'optional'}</td></tr>"
        for each, said in schema.get("properties", {}).items()
    )
    table = f"<table>{fields}</table>" if fields else f"<p>{_said(schema)}</p>" if "properties" not in schema else ""
    address = f"{of_topic}.{name}" if of_topic else name
    return f'<h3 id="{address}">{name}</h3>\n<p>{about}</p>\n{table}'


def _said(schema: Any) -> str:
    """A type in few words."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_said(each) for each in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in schema.get("enum", [schema.get("const")]))
    words = [schema.get("type", "any")]
    if isinstance(schema.get("items"), Mapping):
        words.append(f"of {_said(schema['items'])}")
    if isinstance(schema.get("additionalProperties"), Mapping):
        words.append(f"of {_said(schema['additionalProperties'])}")
    words += [f"{name} <code>{escape(str(schema[name]))}</code>" for name in _BOUNDS if name in schema]
    if "x-hundredths-of" in schema:
        words.append(f"hundredths of {escape(schema['x-hundredths-of'])}")
    if schema.get("x-personal"):
        words.append("<strong>personal</strong>")
    if "description" in schema:
        words.append(f": {escape(schema['description'])}")
    return " ".join(words)
