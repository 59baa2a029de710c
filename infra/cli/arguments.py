"""What the parsers of all sub-commands share."""

import argparse

from infra.layout.folders import DataFolder, data_folder


def parser(command: str, does: str | None) -> argparse.ArgumentParser:
    # a command that starts itself again with its options has to know them by their whole names
    made = argparse.ArgumentParser(prog=f"./lezzet {command}", description=does, allow_abbrev=False)
    made.add_argument("--data", help="the stack's data folder, else LEZZET_DATA, else .lezzet in the checkout")
    return made


def chosen_data(arguments: argparse.Namespace) -> DataFolder:
    return data_folder(arguments.data)
