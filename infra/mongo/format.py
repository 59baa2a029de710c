"""Makes an empty MongoDB folder with the user `lezzet`: `python format.py FOLDER`, the password comes on stdin.

Runs in the server's own environment, not in the product's. The server takes users only while it asks for none, so it
runs here for a moment, on a port that nobody knows.
"""

import sys

import pymongo
from secantus.server import SecantusDBServer  # pyright: ignore[reportMissingImports] -- it has a Python of its own

password = sys.stdin.readline().strip()
with (
    SecantusDBServer(storage_path=sys.argv[1], enable_test_commands=False, sync_on_commit=True) as server,
    pymongo.MongoClient(server.uri, directConnection=True) as client,
):
    client.admin.command("createUser", "lezzet", pwd=password, roles=["root"])
