"""One process: what is to be known of a program, how it is started, told from others and asked whether it is ready."""
