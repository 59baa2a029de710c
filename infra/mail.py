"""`./lezzet mail [--to ADDRESS] [--json | --token]`: what the development mail server received, newest last."""

import json
import re
import sys
import urllib.parse
import urllib.request
from typing import Any

from infra.arguments import chosen_data, parser
from infra.failure import CannotStart
from infra.site import Site

LINK = re.compile(r"[?&#]token=([A-Za-z0-9_.~%-]+)")


def main(arguments: list[str]) -> int:
    said = parser("mail", __doc__)
    said.add_argument("--to", default="", help="only mails to this address")
    form = said.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="[{to, sender, subject, text, html, message_id, at, id}]")
    form.add_argument("--token", action="store_true", help="only the token of the newest mail that has a link with one")
    chosen = said.parse_args(arguments)
    data = chosen_data(chosen)
    mails = received(Site.of(data).endpoints.mail, chosen.to) if data.ours() else []
    if chosen.json:
        print(json.dumps(mails, ensure_ascii=False))
    elif chosen.token:
        return _print_token(mails)
    else:
        for mail in mails:
            print(f"{mail['at']}  to {mail['to']}  {mail['subject']}\n\n{mail['text']}\n{'-' * 72}")
        sys.stderr.write(f"{len(mails)} mails\n")
    return 0


def received(page: str, to: str = "") -> list[dict[str, Any]]:
    """Raises CannotStart where the mail server does not answer."""
    url = f"{page}/messages?{urllib.parse.urlencode({'to': to})}"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a URL of ours
            mails: list[dict[str, Any]] = json.loads(answer.read())
    except OSError as error:
        raise CannotStart(f"the mail server does not answer at {page} ({error}), see ./lezzet status") from None
    return mails


def _print_token(mails: list[dict[str, Any]]) -> int:
    found = [match for mail in mails for match in LINK.findall(mail["text"] + mail["html"])]
    if not found:
        raise CannotStart("no mail with a token yet")
    print(found[-1])
    return 0
