"""Who counts as one client, as far as addresses tell."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


@lru_cache(maxsize=4096)  # asked for each request; to take an address apart costs 3 µs
def party_of(address: str, trusted: tuple[Network, ...] = ()) -> str:
    """The address; of IPv6 its /64, since a customer of a provider has a whole one to choose from.

    trusted: proxies. Their connections are those of many clients, so none of them is a party: empty.
    """
    try:
        said = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(said, IPv6Address) and said.ipv4_mapped is not None:
        said = said.ipv4_mapped
    if any(said in network for network in trusted):
        return ""
    return str(IPv6Network((int(said), 64), strict=False)) if isinstance(said, IPv6Address) else str(said)
