"""`python -m agents.keys [--edge FOLDER]`: makes the keys of a deployment that are missing in KEYS_DIR. Safe to run again."""

import argparse
import sys
from pathlib import Path

from stores.keyring import make_keys, share_with_edge
from stores.settings import BadSetting, exit_with, load_or_exit


def main() -> None:
    said = argparse.ArgumentParser(prog="python -m agents.keys", description=__doc__, allow_abbrev=False)
    said.add_argument("--edge", type=Path, metavar="FOLDER", help="copy those there that an edge needs: no private key")
    chosen, folder = said.parse_args(), load_or_exit().keys
    try:
        make_keys(folder)
        if chosen.edge is not None:
            share_with_edge(folder, chosen.edge)
    except BadSetting as error:
        exit_with(error)
    except OSError as error:
        sys.stderr.write(f"keys: {error.filename}: {error.strerror}\n")
        raise SystemExit(1) from None
    sys.stdout.write(f"keys: {folder}\n" + (f"keys of an edge: {chosen.edge}\n" if chosen.edge else ""))


if __name__ == "__main__":
    main()
