"""Why photos are refused, as sentences for their owner."""

from collections.abc import Mapping
from types import MappingProxyType

from topics.contracts.photo_events import Reason

SAYS: Mapping[Reason, str] = MappingProxyType(
    {
        "unsupported": "This is no JPEG, PNG, WebP or GIF.",
        "unreadable": "This picture is damaged.",
        "too_many_pixels": "This picture has more than 25 megapixels, or a side of more than 16,000 pixels.",
        "too_small": "This picture is smaller than 16 pixels.",
        "too_much_memory": "This picture takes too much memory.",
        "took_too_long": "This picture takes too long to read.",
        "upload_gone": "The picture got lost before it could be checked, please send it again.",
    }
)
