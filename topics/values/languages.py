"""The languages in which the product speaks to people."""

from typing import Literal, get_args

Language = Literal["tr", "en"]

DEFAULT_LANGUAGE: Language = "tr"
LANGUAGES: tuple[Language, ...] = get_args(Language)
