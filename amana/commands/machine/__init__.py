"""Commands about a machine: whether it is fit, its backups, its upgrade, and making it again."""
