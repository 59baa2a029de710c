"""Commands to the accounts for which a password is hashed: they come here, and go on to auth_commands when it is hashed."""

from topics.contracts.auth_commands import Login, Register, ResetPassword
from topics.messages.topic import Topic

TOPIC = Topic(
    name="auth_hashing",
    messages=(Register, Login, ResetPassword),
    key="user id",
    producers=("edge",),
    consumers=("auth",),
    append_time=True,
)
