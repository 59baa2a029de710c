"""The technologies that `bench runtime` measures, by the names of their servers."""

from stores.technologies import MONGO, POSTGRES, REDIS

STORES = {"postgres": POSTGRES, "mongo": MONGO, "redis-baskets": REDIS}
