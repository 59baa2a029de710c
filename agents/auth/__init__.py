"""Accounts: who may log in, with which sessions, and which tokens are void."""
