"""What a hungry person looks at: restaurants, menus, search, campaigns."""
