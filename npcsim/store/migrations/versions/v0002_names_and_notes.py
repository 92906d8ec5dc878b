"""Runs are found by name in a server that has many; every store has a table of notes.

Before, notes had their table from the first one on, so some stores have it already.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the index and the table."""
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("runs_by_name", "runs", ["name"])
    if sa.inspect(op.get_bind()).has_table("notes"):
        return
    op.create_table(
        "notes",
        sa.Column("run", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("text", sa.Text, primary_key=True),
        sa.Column("seal", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the index away. Notes stay: earlier versions know the table."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("runs_by_name", "runs")
