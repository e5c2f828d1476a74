"""Write-once object stores for the copies of durable spool data."""
