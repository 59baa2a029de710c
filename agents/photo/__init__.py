"""Photos: checked and made anew before anybody is shown them."""
