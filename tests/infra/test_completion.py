"""What bash completes after `source <(./lezzet completion bash)`."""

import subprocess

import pytest

from infra.cli.completion import script


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("lezzet ", {"up", "why", "find", "dlq"}),
        ("lezzet wh", {"why"}),
        ("lezzet dlq ", {"list", "groups", "show", "redrive"}),
        ("lezzet dlq redrive order_", {"order_commands", "order_events"}),
        ("lezzet dlq redrive order_commands --gr", {"--group"}),
        ("lezzet tail --fo", {"--follow"}),
    ],
)
def test_bash_completes_commands_options_and_topics(line: str, wanted: set[str]) -> None:
    told = completed(line)
    assert wanted <= set(told) and all(word.startswith(line.split(" ")[-1]) for word in told)


def test_after_a_command_no_other_command_is_offered() -> None:
    assert completed("lezzet up ") == []


def completed(line: str) -> list[str]:
    words = line.split(" ")
    said = " ".join(f"'{word}'" for word in words)
    shown = "_lezzet; printf '%s\\n' \"${COMPREPLY[@]}\""
    asked = f"{script(zsh=False)}\nCOMP_WORDS=({said}); COMP_CWORD={len(words) - 1}; {shown}"
    return subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True).stdout.split()


def test_zsh_reads_the_same() -> None:
    assert script(zsh=True).endswith(script(zsh=False)) and "bashcompinit" in script(zsh=True)
