"""`python -m infra.bench.commands.on_postgres MODULE`: runs a module of the product with baskets in PostgreSQL."""

import runpy
import sys

from stores.technologies import STANDS_ON

if __name__ == "__main__":
    module = sys.argv[1]
    del sys.argv[1]
    STANDS_ON.pop("basket")
    runpy.run_module(module, run_name="__main__", alter_sys=True)
