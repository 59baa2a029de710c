"""`./lezzet completion bash|zsh`: prints what makes the shell complete commands, options and names of topics.

source <(./lezzet completion bash)
"""

import argparse
import sys
from collections.abc import Iterator, Sequence

from infra.cli.commands import COMMANDS, Module
from replay.__main__ import parser_of
from topics.contracts import all_topics

_TOPIC = "topic"  # the name of every argument that is one

_SCRIPT = """\
_lezzet() {{
  local word said=() found
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do [[ $word = -* ]] || said+=("$word"); done
  case "${{said[*]}}" in
{cases}
    *) found="";;
  esac
  COMPREPLY=($(compgen -W "$found" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _lezzet lezzet ./lezzet
"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./lezzet completion", description="source <(./lezzet completion bash)")
    parser.add_argument("shell", choices=("bash", "zsh"))
    chosen = parser.parse_args(arguments)
    sys.stdout.write(script(zsh=chosen.shell == "zsh"))
    return 0


def script(*, zsh: bool) -> str:
    """What the shell is to read. zsh reads what bash does, once it has loaded `bashcompinit`."""
    cases = "\n".join(
        f'    "{said}"{"*" if said else ""}) found="{" ".join(words)}";;' for said, words in _longest_first(_words())
    )
    return ("autoload -U +X bashcompinit && bashcompinit\n" if zsh else "") + _SCRIPT.format(cases=cases)


def _longest_first(found: Iterator[tuple[str, Sequence[str]]]) -> list[tuple[str, Sequence[str]]]:
    return sorted(found, key=lambda each: -len(each[0]))


def _words() -> Iterator[tuple[str, Sequence[str]]]:
    """(words before, words that may follow)."""
    yield "", [command.name for command in COMMANDS]
    for command in COMMANDS:
        if isinstance(command.runs, Module) and command.runs.module == "replay":
            yield from _of(command.name, parser_of(command.name))


def _of(said: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, Sequence[str]]]:
    words = list[str]()
    for action in parser._actions:
        words += [option for option in action.option_strings if option.startswith("--")]
        if isinstance(action, argparse._SubParsersAction):  # pyright: ignore[reportPrivateUsage]
            words += action.choices
            for name, inner in action.choices.items():
                yield from _of(f"{said} {name}", inner)
        elif action.dest == _TOPIC:
            words += all_topics()
    yield said, words
