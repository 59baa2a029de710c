"""Reviews of the demo restaurants, as an operator brings them: of orders that were delivered before there was this system. They
are drawn with a fixed seed: they never change."""

import random
from collections.abc import Sequence

from infra.demo.menu import Menu
from topics.contracts.restaurant_commands import GiveReview
from topics.messages.ids import derive

FEWEST, MOST = 2, 6
"""Of a restaurant."""

_SAID = {
    5: ("Sıcacık geldi, elinize sağlık.", "Mahallenin en iyisi.", "Porsiyonlar bol, tadı yerinde.", ""),
    4: ("Lezzetliydi, biraz geç geldi.", "Yine söyleriz.", "Gayet iyi, sosu biraz azdı.", ""),
    3: ("Fena değil.", "Beklediğimden küçüktü ama lezzetli.", ""),
    2: ("Soğumuştu.", "Eksik ürün geldi, telafi ettiler."),
    1: ("Çok geç geldi.", "Bir daha söylemem."),
}
_LEANINGS = ((0, 1, 2, 6, 9), (0, 1, 3, 7, 5), (1, 2, 4, 5, 3))
"""How often a restaurant gets one star, two stars and so on."""


def reviews(menus: Sequence[Menu]) -> dict[str, GiveReview]:
    """By order id."""
    dice = random.Random(58)  # noqa: S311
    found = dict[str, GiveReview]()
    for menu in menus:
        leaning = dice.choices(_LEANINGS, weights=(3, 2, 1))[0]
        for number in range(dice.randint(FEWEST, MOST)):
            order_id = derive(menu.restaurant_id, f"order before {number}")
            rating = dice.choices(range(1, 6), weights=leaning)[0]
            comment = dice.choice(_SAID[rating])
            found[order_id] = GiveReview(
                restaurant_id=menu.restaurant_id, order_id=order_id, rating=rating, comment=comment
            )
    return found
