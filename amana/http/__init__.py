"""What every page uses: sessions, security headers, errors, templates."""
