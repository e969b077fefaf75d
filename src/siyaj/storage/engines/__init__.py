"""What differs between SQLite and PostgreSQL: how to connect, and which of their errors mean "not now"."""
