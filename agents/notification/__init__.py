"""Notification: mails to users and addresses, asked for by other domains and other systems."""
