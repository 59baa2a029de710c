"""`./lezzet mail [--to ADDRESS] [--about TEXT] [--json | --token]`: what the development mail server received, newest last."""

import json
import re
import sys
import time
import urllib.parse
import urllib.request
from typing import Any

from infra.cli.arguments import chosen_data, parser
from infra.failure import CannotStart
from infra.layout.site import Site

WAIT = 10.0  # seconds for the mail with the token: whoever has just registered is faster than a mail
LINK = re.compile(r"[?&#]token=([A-Za-z0-9_.~%-]+)")


def main(arguments: list[str]) -> int:
    said = parser("mail", __doc__)
    said.add_argument("--to", default="", help="only mails to this address")
    said.add_argument(
        "--about",
        default="",
        help="only mails with this in their subject, or in the name of their kind: it is English in every language",
    )
    form = said.add_mutually_exclusive_group()
    form.add_argument(
        "--json", action="store_true", help="[{to, sender, subject, about, text, html, message_id, at, id}]"
    )
    form.add_argument(
        "--token", action="store_true", help=f"only the token of the newest mail with one; waits for it, {WAIT:.0f} s"
    )
    chosen = said.parse_args(arguments)
    data = chosen_data(chosen)
    if not data.ours():
        raise CannotStart(f"nothing is up in {data.root}, start it with ./lezzet up")
    page = Site.of(data).endpoints.mail
    if chosen.token:
        print(newest_token(page, chosen.to, chosen.about))
        return 0
    mails = received(page, chosen.to, chosen.about)
    if chosen.json:
        print(json.dumps(mails, ensure_ascii=False))
    else:
        for mail in mails:
            print(f"{mail['at']}  to {mail['to']}  {mail['subject']}\n\n{mail['text']}\n{'-' * 72}")
        sys.stderr.write(f"{len(mails)} {'mail' if len(mails) == 1 else 'mails'}\n")
    return 0


def received(page: str, to: str = "", about: str = "") -> list[dict[str, Any]]:
    """Raises CannotStart where the mail server does not answer."""
    url = f"{page}/messages?{urllib.parse.urlencode({'to': to})}"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a URL of ours
            mails: list[dict[str, Any]] = json.loads(answer.read())
    except OSError as error:
        raise CannotStart(f"the mail server does not answer at {page} ({error}), see ./lezzet status") from None
    return [mail for mail in mails if any(about.lower() in mail[where].lower() for where in ("subject", "about"))]


def newest_token(page: str, to: str, about: str = "", within: float = WAIT) -> str:
    """Raises CannotStart where no mail with a token has come `within` so many seconds."""
    deadline = time.monotonic() + within
    while True:
        found = [match for mail in received(page, to, about) for match in LINK.findall(mail["text"] + mail["html"])]
        if found:
            return found[-1]
        if time.monotonic() > deadline:
            raise CannotStart(
                f"no mail with a token{f' to {to}' if to else ''}{f' about {about}' if about else ''} yet"
            )
        time.sleep(0.1)
