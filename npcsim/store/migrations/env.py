"""What Alembic runs for each migration, over the connection and in the transaction it is given."""

from alembic import context

from npcsim.store.database import META
from npcsim.store.versions import TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=META,
    version_table=TABLE,
    render_as_batch=True,  # SQLite changes a table by making a new one
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
