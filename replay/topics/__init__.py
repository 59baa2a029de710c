"""`./lezzet topics`: contracts, sizes and lags; beginning, reading and growing a topic again."""
