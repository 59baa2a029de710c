"""The promises of the whole, checked on a system that runs: `./lezzet audit`, and the end of every fault run."""
