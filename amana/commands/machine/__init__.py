"""Commands about a machine: its checks, backups, upgrade and rebuild."""
