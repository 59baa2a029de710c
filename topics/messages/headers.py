"""Kafka headers of every message of ours: CloudEvents 1.0 attribute names in the Kafka binding's `ce_` form.

All values are UTF-8 text. A message of another system may carry none of them.
"""

from topics.messages.message import Message

ID = "ce_id"  # unique within its source; with SOURCE the key of the inbox
TYPE = "ce_type"  # class name of the body's struct
SOURCE = "ce_source"  # who says so: "lezzet/<domain>" or "lezzet/edge"
TIME = "ce_time"  # RFC 3339, when the cause happened (commands: the sender's clock, events: the command's append time)
SUBJECT = "ce_subject"  # id of the aggregate
SEQUENCE = "ce_sequence"  # version of the aggregate after this event, from 1, gapless
SCHEMA_VERSION = "ce_schemaversion"  # version of the message type, "1" when absent
CORRELATION = "ce_correlationid"  # one user-visible flow
CAUSATION = "ce_causationid"  # id of the message that led to this one
TRACEPARENT = "traceparent"  # W3C trace context, handed through

DEADLINE = "lezzet_deadline"  # ms since the epoch; a command appended later is rejected as expired
REPLY_TO = "lezzet_replyto"  # id of the asking edge process: channel `replies:<id>`
REPLY_SEAL = "lezzet_replyseal"  # base64 X25519 public key of that process: answers that hold tokens are sealed to it
OPERATION = "lezzet_operation"  # id of the operation that the caller can look up
CALLER = "lezzet_caller"  # user id of the caller, or `anonymous:<cart id>`
FINGERPRINT = "lezzet_fingerprint"  # keyed HMAC of the raw request, with an Idempotency-Key
EARLIER = (
    "lezzet_earlier"  # ids, with commas between: attempts of the same Idempotency-Key before, one of which may be done
)
AFTER = "lezzet_after"  # JSON like WROTE: what the caller has seen or written lately, which a decision must know of
WROTE = "lezzet_wrote"  # JSON [[domain, aggregate id, version], …] written on earlier hops of this command's flow
FORWARDED = (
    "lezzet_forwarded"  # "1" on a command: it came to another partition than its key's, and was sent on to that one
)
PREPARED = (
    "lezzet_prepared"  # on a command: what its domain has found of it beforehand, sealed by the domain for itself
)
FACTS = (
    "lezzet_facts"  # on the first event of a decision: JSON {table: {key: version}} of the facts that it was made on
)

TIMER = "lezzet_timer"  # on a command that its aggregate sends to itself: the timer's name
DUE = "lezzet_due"  # and when it is due, RFC 3339

DLQ_REASON = "dlq_reason"
DLQ_TOPIC = "dlq_topic"
DLQ_PARTITION = "dlq_partition"
DLQ_OFFSET = "dlq_offset"
DLQ_TIME = "dlq_time"  # append time of the dead message, RFC 3339
DLQ_ID = "dlq_id"  # the id under which the message is known to the inbox, also when it came without one
DLQ_SOURCE = "dlq_source"
DLQ_GROUP = "dlq_group"  # consumer group that refused it
DLQ_CUT = "dlq_cut"  # "1": too large for a topic, its headers and the rest of its body are only where it stood
DLQ_PARKED = "dlq_parked"  # "1": the key is parked in the domain's store; absent: dead-lettered singly

UNREAD = "lezzet_unread"  # why the record could not be taken apart; its body is then its bytes as they stand in the log

CARRIED_ON = (REPLY_TO, REPLY_SEAL, OPERATION, CALLER, FINGERPRINT, AFTER)
"""What a command handed on to another domain keeps of its cause: its last hop answers the caller, and knows what the
caller has seen. Not the deadline: once the first hop has happened, the rest of the flow must."""


def of_type(kind: type[Message]) -> dict[str, str]:
    """TYPE, and SCHEMA_VERSION where the type has had more than one."""
    version = {SCHEMA_VERSION: str(kind.schema_version)} if kind.schema_version > 1 else {}
    return {TYPE: kind.__name__, **version}
