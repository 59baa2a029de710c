"""The three workers that the runtime bench compares, each `python -m infra.bench.sides.NAME TOPIC SCHEMA TOTAL STORE`."""
