"""`python -m infra.bench.commands.partitioned N MODULE`: runs a module of the product with N partitions declared for
each topic."""

import runpy
import sys

from topics.contracts import all_topics


def declare(partitions: int) -> None:
    """For this process. A topic that stands keeps the number of partitions that it was made with."""
    for topic in all_topics().values():
        object.__setattr__(topic, "partitions", partitions)


if __name__ == "__main__":
    number, module = sys.argv[1:3]
    del sys.argv[1:3]
    declare(int(number))
    runpy.run_module(module, run_name="__main__", alter_sys=True)
