"""Conditions on what a subquery finds, which PostgreSQL evaluates once."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup
from django.db.models.sql.compiler import SQLCompiler


class IsAnyOf(Lookup):
    """Whether a value is in an array, which PostgreSQL reads once where ``IN`` is planned for each row."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        """Return the comparison with its parameters."""
        value, parameters = self.process_lhs(compiler, connection)
        array, more = self.process_rhs(compiler, connection)
        return f"{value} = ANY({array})", (*parameters, *more)
