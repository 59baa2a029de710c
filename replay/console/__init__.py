"""`./lezzet console`: what the engineers' commands say, as pages of a web server on this machine."""
