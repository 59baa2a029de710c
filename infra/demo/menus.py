"""All demo restaurants. The first two are always open, so that whoever takes them can order at any hour."""

from infra.demo import ankara, istanbul, izmir
from infra.demo.menu import Menu

_FIRST = (istanbul.MENUS[0], ankara.MENUS[0])

MENUS: tuple[Menu, ...] = (*_FIRST, *istanbul.MENUS[1:], *ankara.MENUS[1:], *izmir.MENUS)
