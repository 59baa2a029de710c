"""Dead letters are edited and sent again from a page: only with --write, only by a form of the page, and on record."""

import html
import json
import re

import pytest

from replay.console.repairing import repaired
from replay.failure import CannotDo
from tests.replay.console.conftest import Console
from tests.replay.console.test_pages import texts
from tests.replay.scene import Desk, dead
from topics.messages import ids
from topics.personal import MASK

BROKEN = b'{"full_name": 2}'


async def _letter(desk: Desk, id: str, body: bytes = BROKEN) -> str:
    """The page of a dead letter of a message with this id, whose key it is, too."""
    sent = dead("user_commands", id, body, ("ce_type", b"ChangeProfile"), id=id)
    ((partition, offset),) = await desk.publish(sent)
    return f"/dlq/user_commands/{partition}:{offset}"


def _token(page: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


async def _send(console: Console, place: str, status: int = 200, **said: str) -> str:
    async with console.http.post(console.url(place), data=said) as answer:
        assert answer.status == status, texts(await answer.text())
        return texts(await answer.text())


async def test_a_read_only_console_tries_and_does_not_send(console: Console, desk: Desk) -> None:
    id = ids.fresh()
    place = await _letter(desk, id)
    page = await console.page(place)
    assert 'value="yes"' not in page and "./lezzet console --write" in page
    shown = await _send(console, place, form_token=_token(page), do="dry")
    assert f"not sent: user_commands id={id}" in shown and "dry run: nothing was sent" in shown
    refused = await _send(console, place, 404, form_token=_token(page), do="yes")
    assert "this console changes nothing" in refused
    assert await desk.all_of("user_commands", id) == []


async def test_a_form_of_elsewhere_is_refused(writing: Console, desk: Desk) -> None:
    id = ids.fresh()
    place = await _letter(desk, id)
    for said in ({"do": "yes"}, {"do": "yes", "form_token": "guessed"}):
        async with writing.http.post(writing.url(place), data=said) as answer:
            assert answer.status == 403
    assert await desk.all_of("user_commands", id) == []


async def test_an_edited_letter_is_sent_once_and_is_on_record(writing: Console, desk: Desk) -> None:
    id = ids.fresh()
    place = await _letter(desk, id)
    page = await writing.page(place)
    edited = '{"full_name": "Known Again"}'
    tried = await _send(writing, place, form_token=_token(page), do="dry", body=edited)
    assert f"send again: user_commands id={id}" in tried and "dry run: nothing was sent" in tried
    assert await desk.all_of("user_commands", id) == []
    done = await _send(writing, place, form_token=_token(page), do="yes", body=edited)
    assert "sent: user_commands" in done and f"--id {id} --yes --body FILE" in done
    (sent,) = await desk.all_of("user_commands", id)
    assert json.loads(sent.body or b"") == json.loads(edited)
    audit = [json.loads(each.body or b"") for each in await desk.all_of("engineer_audit")]
    mine = [each for each in audit if id in each.get("arguments", ())]
    assert [each["arguments"] for each in mine] == [["dlq", "redrive", "user_commands", "--id", id, "--yes"]]


async def test_all_of_one_cause_are_tried_at_once(console: Console, desk: Desk) -> None:
    reason = f"cause {ids.fresh()}"
    for number in range(3):
        id = f"{number}-{ids.fresh()}"
        await desk.publish(dead("address_commands", id, BROKEN, id=id, reason=reason, group="address.decide"))
    page = await console.page("/dlq/address_commands")
    (group,) = re.findall(r'name="group" value="([^"]+)"', page)
    shown = await _send(console, "/dlq/address_commands", form_token=_token(page), do="dry", group=group)
    assert f"dlq redrive address_commands --group {group}" in shown and shown.count("not sent: address_commands") == 3


def test_what_was_hidden_and_left_alone_is_sent_as_it_was() -> None:
    body = b'{"full_name":"Ay\xc5\x9fe","token":"T","list":[{"phone":"+90","n":1}],"flavour":2}'
    shown = f'{{"full_name":"{MASK}","token":"[sealed]","list":[{{"phone":"{MASK}","n":5}}],"flavour":"sour"}}'
    assert json.loads(repaired(body, None, shown) or b"") == {
        "full_name": "Ayşe", "token": "T", "list": [{"phone": "+90", "n": 5}], "flavour": "sour",
    }  # fmt: skip
    with pytest.raises(CannotDo, match="stands where nothing was hidden"):
        repaired(body, None, shown.replace('"sour"', f'"{MASK}"'))
    with pytest.raises(CannotDo, match="only as JSON"):
        repaired(body, None, "{")


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a": 1}', b'{"full_name": "x"}', b"\xff\x00", '{"a": "\u202e"}'.encode(), b"a\r\nb"]
)
async def test_what_was_not_edited_is_sent_as_it_is(body: bytes, desk: Desk, console: Console) -> None:
    page = await console.page(await _letter(desk, ids.fresh(), body))
    field = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", page, re.DOTALL)
    assert field is not None
    assert repaired(body, "ChangeProfile", html.unescape(field[1]).replace("\n", "\r\n")) is None
