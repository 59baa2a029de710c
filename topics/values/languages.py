"""The languages in which the product speaks to people."""

from typing import Literal, get_args

Language = Literal["tr", "en"]

DEFAULT_LANGUAGE: Language = "tr"
LANGUAGES: tuple[Language, ...] = get_args(Language)


def language_of_tag(tag: str) -> Language | None:
    """Of a language tag (BCP 47) such as `en-GB`: regions and the like do not matter. None where it is none of ours."""
    first = tag.strip().partition("-")[0].lower()
    return next((language for language in LANGUAGES if language == first), None)
