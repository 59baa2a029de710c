"""The caller's own profile."""

from http_edge.asked import own
from http_edge.routes import CUSTOMER, command, shown, view
from topics.documents import User
from topics.user_commands import TOPIC, ChangeProfile, CompleteProfile

USER = shown("user", "user")

ROUTES = (
    command(
        "POST", "/users/register/complete", CompleteProfile, to=TOPIC, key=own, who=CUSTOMER, success=201, gives=User,
        answers={409: "profile_exists", 422: "invalid_born_date"},
        says="Complete the profile of a fresh account.",
    ),
    view("/users/me", USER, key=own, who=CUSTOMER, gives=User, says="The profile; 404 until it is complete."),
    command(
        "PUT", "/users/me", ChangeProfile, to=TOPIC, key=own, who=CUSTOMER, gives=User,
        answers={422: "invalid_born_date"},
        says="Change the profile; what is absent stays.",
    ),
)  # fmt: skip
