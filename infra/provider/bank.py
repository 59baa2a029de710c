"""What the sandbox provider does with payments, by the card they are paid with. Each request is done at most once."""

import time
from collections.abc import Callable
from typing import Any

from infra.provider.books import Answer, Books
from infra.provider.cards import CARDS, ON_FILE, Card

GIVE_UP = 24 * 3600.0
"""Seconds for which a callback is sent again and again."""


class Bank:
    """late: seconds after which a payment that waits becomes what it will be. wake: called when there is something to send."""

    def __init__(self, books: Books, late: float, wake: Callable[[], None]) -> None:
        self._books = books
        self._late = late
        self._wake = wake

    def authorize(self, reference: str, amount: int, token: str | None, customer: str, key: str) -> Answer:
        if (known := self._books.payment(reference)) is not None:
            closed = known["status"] == "voided"
            return self._told(reference) if closed else Answer(409, {"code": "reference_taken"})
        token = token or self._books.card_of(customer, ON_FILE)
        card = CARDS.get(token or "")
        if token is None or card is None:
            self._books.add(reference, amount, "declined", "", "card_unknown")
            return self._told(reference)
        if self._books.asked(key) <= card.bank_away:
            return Answer(424, {"code": "bank_away"})
        self._books.add(reference, amount, card.status, token, card.code if card.status == "declined" else "")
        if card.status == "authorized":
            self._books.move(reference, "authorize", amount, key)
        if card.then:
            self._books.plan(reference, time.time() + self._late)
            self._wake()
        return self._told(reference)

    def capture(self, reference: str, amount: int, key: str) -> Answer:
        known = self._books.payment(reference)
        if known is None or known["status"] != "authorized":
            return Answer(409, {"code": "not_authorized"})
        if amount > known["amount"]:
            return Answer(409, {"code": "amount_above_authorization"})
        if self._card(known["card"]).refuses == "capture":
            return Answer(409, {"code": "authorization_expired"})
        self._books.move(reference, "capture", amount, key)
        return Answer(200, self._books.become(reference, status="captured", captured=amount))

    def void(self, reference: str, key: str) -> Answer:
        """A payment that is not there yet is closed: it cannot be authorized any more."""
        known = self._books.payment(reference)
        if known is None:
            self._books.add(reference, 0, "voided", "")
            return self._told(reference)
        if known["status"] == "captured":
            return Answer(409, {"code": "already_captured"})
        if known["status"] in ("voided", "declined"):
            return self._told(reference)
        if known["status"] == "authorized":
            self._books.move(reference, "void", known["amount"], key)
        return Answer(200, self._books.become(reference, status="voided"))

    def refund(self, reference: str, amount: int, key: str) -> Answer:
        known = self._books.payment(reference)
        if known is None or known["status"] != "captured":
            return Answer(409, {"code": "not_captured"})
        if not 0 < amount <= known["captured"] - known["refunded"]:
            return Answer(409, {"code": "amount_above_capture"})
        if self._card(known["card"]).refuses == "refund":
            return Answer(409, {"code": "refund_refused"})
        self._books.move(reference, "refund", amount, key)
        return Answer(200, self._books.become(reference, refunded=known["refunded"] + amount))

    def answer_challenge(self, challenge: str, *, passed: bool) -> bool:
        """The customer has proved who they are, or not. False: nobody waits for that any more."""
        with self._books.change():
            known = self._books.challenged(challenge)
            if known is None or known["status"] != "challenged":
                return False
            reference = known["reference"]
            if passed:
                self._hold(reference, known["amount"])
                report = self._books.become(reference, status="authorized")
            else:
                report = self._books.become(reference, status="declined", code="authentication_failed")
            self._books.tell(report, time.time(), 1, time.time() + GIVE_UP)
        self._wake()
        return True

    def go_on(self, now: float) -> None:
        """What the banks say later."""
        with self._books.change():
            for reference in self._books.planned(now):
                known = self._books.payment(reference)
                if known is not None and known["status"] == "pending":
                    self._become(reference, known["amount"], self._card(known["card"]), now)

    def _become(self, reference: str, amount: int, card: Card, now: float) -> None:
        reports: list[dict[str, Any]] = []
        for status in card.then:
            if status == "authorized":
                self._hold(reference, amount)
            code = card.code if status == "declined" else ""
            reports.append(self._books.become(reference, status=status, code=code))
        for report in reversed(reports) if card.backwards else reports:
            self._books.tell(report, now, card.copies, now + GIVE_UP)

    def _hold(self, reference: str, amount: int) -> None:
        self._books.move(reference, "authorize", amount, "")

    def _told(self, reference: str) -> Answer:
        return Answer(200, self._books.report(reference))

    def _card(self, token: str) -> Card:
        return CARDS.get(token, Card())
