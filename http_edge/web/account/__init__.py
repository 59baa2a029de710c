"""Who somebody is: accounts, sessions, profile, favourites, addresses."""
