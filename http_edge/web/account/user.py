"""The caller's own profile, and which mails they want."""

import msgspec

from http_edge.routing.asked import own
from http_edge.routing.routes import CUSTOMER, command, shown, view
from http_edge.web.account.accounts import PREFERENCES
from topics.contracts.user_commands import TOPIC, ChangePreferences, ChangeProfile, CompleteProfile
from topics.contracts.user_events import Preferences
from topics.documents.account import User

USER = shown("user", "user")

ROUTES = (
    command(
        "POST", "/users/register/complete", CompleteProfile, to=TOPIC, key=own, who=CUSTOMER, success=201, gives=User,
        answers={409: "profile_exists", 422: "invalid_born_date"},
        says="Complete the profile of a fresh account.",
    ),
    view("/users/me", USER, key=own, who=CUSTOMER, gives=User, says="The profile; 404 until it is complete."),
    command(
        "PUT", "/users/me", ChangeProfile, to=TOPIC, key=own, who=CUSTOMER, partial=True, gives=User,
        answers={422: "invalid_born_date"},
        says="Change the profile; what is absent stays.",
    ),
    view(
        "/users/me/notification-preferences", PREFERENCES, key=own, who=CUSTOMER, gives=Preferences,
        absent=msgspec.json.encode(Preferences()),
        says="Which news the caller wants, and in which language: all of them and Turkish, until they say otherwise.",
    ),
    command(
        "PUT", "/users/me/notification-preferences", ChangePreferences, to=TOPIC, key=own, who=CUSTOMER,
        partial=True, gives=Preferences,
        says="Change which news one wants; what is absent stays. `campaigns`: of favourite restaurants. `order_updates`: of"
        " one's own orders. `restaurant_orders`: of the orders at one's own restaurants. `email`: whether they come by mail,"
        " too; mails about the account go out in any case. `language`: of all mails, `tr` or `en`.",
    ),
)  # fmt: skip
