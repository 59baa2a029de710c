"""No body at all gives a 5xx."""

import json
import uuid
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from http_edge.commands.bodies import decode
from http_edge.wire.problems import Problem
from tests.http_edge.commands.test_bad_input import WITH_BODY
from tests.http_edge.conftest import World
from tests.http_edge.wire.test_odd_requests import ours
from topics.values.validation import Validator

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_body_at_all_gets_past_the_decoder_but_as_a_struct_or_a_4xx(data: st.DataObject):
    row = data.draw(st.sampled_from(WITH_BODY))
    names = [f.encode_name for f in msgspec.structs.fields(row.takes)]
    body = data.draw(st.dictionaries(st.sampled_from(names) | st.text(), JSON, max_size=6) | JSON)
    raw = data.draw(st.binary(max_size=64) | st.just(json.dumps(body).encode("utf-8", "surrogatepass")))
    try:
        assert isinstance(decode(raw, Validator(row.takes))[0], row.takes)
    except Problem as problem:
        assert 400 <= problem.status < 500 and problem.errors


async def test_no_random_body_gives_a_5xx(edge: World):
    strategy = st.dictionaries(st.sampled_from(["meal_id", "quantity", "note", "user_id", "items"]), JSON)
    bodies: list[Any] = []

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(body=strategy)
    def collect(body: Any) -> None:
        bodies.append(body)

    collect()
    client = edge.client(str(uuid.uuid4()))
    for body in bodies:
        for method, path in (("POST", "/carts/add"), ("PATCH", "/carts/update/m-1")):
            assert not ours((await client.call(method, path, body)).status), body
