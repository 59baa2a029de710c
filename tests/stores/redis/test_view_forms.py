"""The form of a view tells what it writes: where it differs, the view is built again."""

from dataclasses import replace
from datetime import date

import msgspec

from agents.basket.projection import BASKET
from agents.provision import views
from topics.values.fields import Personal


def test_every_view_of_every_domain_has_a_form_of_its_own():
    found = {view.name: view.form for of in views().values() for view in of}
    assert {"basket", "restaurant", "campaigns", "coupon", "login", "deny", "address", "order", "meal", "user"} <= set(
        found
    )
    assert len(set(found.values())) == len(found) == sum(map(len, views().values()))


def test_a_reworded_docstring_is_no_other_form_and_a_field_is_one():
    class Shown(msgspec.Struct):
        """As it was."""

        description: str

    class Reworded(msgspec.Struct):
        """In other words."""

        description: str

    class More(msgspec.Struct):
        """As it was."""

        description: str
        price: float = 0

    Reworded.__name__ = More.__name__ = "Shown"
    forms = [replace(BASKET, document=document).form for document in (Shown, Reworded, More)]
    assert forms[0] == forms[1] != forms[2]


def test_a_field_that_is_marked_as_personal_is_no_other_form():
    """A mark would else build each view again whose documents have the field, though nothing else is written."""

    class Shown(msgspec.Struct):
        name: str | None
        born: date

    class Marked(msgspec.Struct):
        name: Personal[str] | None
        born: Personal[date]

    Marked.__name__ = "Shown"
    forms = {replace(BASKET, document=document).form for document in (Shown, Marked)}
    assert len(forms) == 1
