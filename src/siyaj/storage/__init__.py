"""Tables, migrations, engines (SQLite, PostgreSQL), one repository per noun."""
