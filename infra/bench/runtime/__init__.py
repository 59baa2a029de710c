"""The agents' runtime: commands a second, what an idle process costs, views built again, redrives."""
