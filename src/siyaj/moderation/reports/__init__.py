"""Reports come in: durable, weighed by who reports, merged into the case of their subject."""
