"""What mails are written with. The words stand in english.py and turkish.py: the same mails, with the same variables.

A text names its variables as `{order_id}`. A paragraph of which a variable is empty is left out.

Reasons that other domains give themselves are English texts on the topics. Mails in another language say them in it; what a
person has written as a reason stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Link:
    """path: below the clients' origin."""

    label: str
    path: str


@dataclass(frozen=True, slots=True)
class Mail:
    subject: str
    paragraphs: tuple[str, ...]
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """mails: by the names of their templates. restaurant: instead of a name that is not known. comma: of an amount. reasons: by
    the English text, or by its beginning where that ends with a blank: then the rest follows."""

    mails: Mapping[str, Mail]
    restaurant: str
    comma: str
    reasons: Mapping[str, str] = field(default_factory=dict[str, str])

    def reason(self, text: str) -> str:
        """In this language, where it is one of ours."""
        if text in self.reasons:
            return self.reasons[text]
        begun = next((each for each in self.reasons if each.endswith(" ") and text.startswith(each)), None)
        return text if begun is None else self.reasons[begun] + text.removeprefix(begun)
