"""The tables as they were first: runs, events, model calls and snapshots.

Written out rather than taken from `npcsim.store.database`, which goes on from here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("format", sa.Integer, nullable=False),
        sa.Column("created_utc", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("summary", sa.Text),
        sa.Column("events_head", sa.LargeBinary, nullable=False),
        sa.Column("calls_head", sa.LargeBinary, nullable=False),
        sa.Column("seal", sa.LargeBinary, nullable=False),
        sa.Column("bundle", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "events",
        _run(),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("tick", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("blob", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "calls",
        _run(),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("tick", sa.BigInteger, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("key", "thought", "tier", "model", "fingerprint", "error")
        ),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("cost", sa.Double, nullable=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("answer", sa.Text),
    )
    op.create_index("calls_by_key", "calls", ["run", "key"])
    op.create_table(
        "snapshots",
        _run(),
        sa.Column("tick", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Take them away."""
    for name in ("snapshots", "calls", "events", "runs"):
        op.drop_table(name)


def _run() -> sa.Column[int]:
    return sa.Column("run", sa.Integer, sa.ForeignKey("runs.id"), primary_key=True)
