"""The sub-commands of ./lezzet."""
