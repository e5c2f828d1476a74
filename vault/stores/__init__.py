"""Write-once object stores for the copies of what the spool made durable."""
