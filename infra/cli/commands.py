"""The sub-commands of ./lezzet, one row each. What a row names is imported when the command is given, not before."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """`module:function`, called with the rest of the arguments; it returns the exit code."""

    function: str


@dataclass(frozen=True, slots=True)
class Module:
    """`python -m module before... arguments...`, with the stack's addresses in its environment. asks: servers, so that a stack
    must be up."""

    module: str
    before: tuple[str, ...] = ()
    asks: bool = True


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    does: str
    runs: Call | Module


COMMANDS = (
    Command("up", "starts everything: servers, agents, edge, demo data", Call("infra.cli.up:main")),
    Command("status", "shows the processes and the addresses", Call("infra.cli.status:main")),
    Command("down", "stops everything; --purge removes the data folder too", Call("infra.cli.down:main")),
    Command("server", "stop, start or kill one process of a running stack", Call("infra.cli.server:main")),
    Command("mail", "the mails that the development mail server received", Call("infra.cli.mail:main")),
    Command("test", "runs every check and every test", Call("infra.cli.testing:main")),
    Command(
        "topics", "the topics: their contracts, sizes and lags; beginning one again", Module("replay", ("topics",))
    ),
    Command("views", "the views and their generations; building one again", Module("replay", ("views",))),
    Command("baskets", "rebuild: makes baskets anew after their store was lost", Module("agents.rebuild", ("basket",))),
    Command(
        "analytics",
        "rebuild: makes the order facts in Elasticsearch anew beside the live ones",
        Module("agents.analytics.rebuild"),
    ),
    Command("tail", "the last messages of a topic; --follow for more", Module("replay", ("tail",))),
    Command(
        "trace", "everything that belongs to an order, user, command or correlation id", Module("replay", ("trace",))
    ),
    Command("why", "what happened to an id, in words, and why it goes no further", Module("replay", ("why",))),
    Command("find", "the messages of all topics that a condition holds for", Module("replay", ("find",))),
    Command("publish", "sends messages of a file, checked against the contract", Module("replay", ("publish",))),
    Command(
        "state", "an aggregate and its views at any version; --diff to what is stored", Module("replay", ("state",))
    ),
    Command("logs", "log lines of all processes; --follow for more", Module("replay", ("logs",))),
    Command("decide", "what the decider of this checkout makes of recorded commands", Module("replay", ("decide",))),
    Command("replay", "messages of a topic into a shadow of a view, facts or decisions", Module("replay", ("replay",))),
    Command("record", "a flow with what it was decided on, without anybody's data", Module("replay", ("record",))),
    Command("play", "recorded flows, decided by this checkout", Module("replay", ("play",), asks=False)),
    Command("console", "the same as pages in a browser, on this machine", Module("replay", ("console",))),
    Command("dlq", "lists, shows and redrives dead letters", Module("replay", ("dlq",))),
    Command("audit", "checks that the promises hold on the system that runs", Module("infra.audit")),
    Command("completion", "makes bash or zsh complete commands and options", Call("infra.cli.completion:main")),
    Command("bench", "measures: ./lezzet bench NAME", Module("infra.bench", asks=False)),
    Command("fault", "breaks something on purpose: ./lezzet fault NAME", Module("infra.fault", asks=False)),
)
