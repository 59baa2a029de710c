"""The three workers that the runtime bench compares, each
`python -m infra.bench.runtime.sides.NAME TOPIC SCHEMA TOTAL STORE`."""
