"""Members: accounts, roles, bans, the audit log."""
