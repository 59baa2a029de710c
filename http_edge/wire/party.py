"""Who counts as one client, as far as addresses tell."""

from ipaddress import IPv6Address, IPv6Network, ip_address


def party(address: str) -> str:
    """The address; of IPv6 its /64, since a customer of a provider has a whole one to choose from."""
    try:
        said = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(said, IPv6Address) and said.ipv4_mapped is not None:
        return str(said.ipv4_mapped)
    return str(IPv6Network((int(said), 64), strict=False)) if isinstance(said, IPv6Address) else str(said)
