"""Alembic's entry: runs the steps on the connection that `upgrade` opened."""

from alembic import context

from siyaj.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
