"""What is a secret reaches no log line."""

from stores.telemetry import REDACTED, redact

CART = "0b9f8a52-6a3e-4d1c-9a77-3f2e1d0c5b4a"


def test_the_id_of_an_anonymous_basket_is_cut_out_of_every_text() -> None:
    event = {"event": "message_parked", "key": f"anonymous:{CART}", "why": f"TooLarge: anonymous:{CART} is too large",
             "exception": f"Traceback\n  anonymous:{CART}\n", "more": [f"view:basket:anonymous:{CART}"]}  # fmt: skip
    said = redact(None, "error", event)
    assert CART not in repr(said)
    assert said["key"] == f"anonymous:{REDACTED}"


def test_ids_that_are_no_anonymous_baskets_stay_in_log_lines() -> None:
    assert redact(None, "info", {"key": CART}) == {"key": CART}
