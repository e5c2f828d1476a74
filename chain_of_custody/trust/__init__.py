"""The trust policy: witnesses, authorities, monitors."""
