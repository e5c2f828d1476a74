"""What every page goes through: sessions, security headers, errors, templates."""
