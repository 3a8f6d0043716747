"""Text encrypted at rest and bound to its place.

django-encrypted-model-fields does the encryption; this subclass closes what it leaves open. A token that does
not open raises (the package would show the ciphertext as data and encrypt it again on save). The plaintext
carries table, column and row, so a ciphertext copied to another row does not open there. Look-ups are
refused, because they could only ever find nothing. Text is opened when it is first read, so lists that do not
show names never decrypt them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cryptography.fernet
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection
from django.db.models import Field, Model, TextField
from django.db.models.lookups import IsNull
from psycopg2.extras import execute_values

if TYPE_CHECKING:  # the package ships no types
    PackageTextField = TextField[str, str]
else:
    from encrypted_model_fields.fields import EncryptedTextField as PackageTextField

PLACE_SEPARATOR = "\x1f"
"""Between the place and the text inside of a ciphertext."""


class DecryptionError(Exception):
    """A stored value does not open: wrong key, damaged, or taken from another place. Never holds the text."""


class Ciphertext:
    """Ciphertext as it came from the database; opened only through the row it belongs to."""

    __slots__ = ("token",)

    def __init__(self, token: str) -> None:
        self.token = token

    def __repr__(self) -> str:
        return "<sealed>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ciphertext) and other.token == self.token

    def __hash__(self) -> int:
        return hash(self.token)


@lru_cache(maxsize=8)
def _build_cipher(keys: tuple[str, ...]) -> cryptography.fernet.MultiFernet:
    try:
        return cryptography.fernet.MultiFernet([cryptography.fernet.Fernet(key) for key in keys])
    except (ValueError, TypeError) as error:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEY must hold one or more Fernet keys") from error


def get_cipher() -> cryptography.fernet.MultiFernet:
    """Return the cipher for the configured keys: the first key writes, every key reads."""
    return _build_cipher(tuple(settings.FIELD_ENCRYPTION_KEY))


def encrypt_text(text: str, place: str) -> Ciphertext:
    """Encrypt the text for one place (``table.column:row``)."""
    body = f"{place}{PLACE_SEPARATOR}{text}".encode("utf-8", "surrogatepass")
    return Ciphertext(get_cipher().encrypt(body).decode("ascii"))


def decrypt_text(sealed: Ciphertext, place: str) -> str:
    """Decrypt a value for its place.

    Raises :class:`DecryptionError` if it does not open or does not belong.
    """
    try:
        body = get_cipher().decrypt(sealed.token.encode("ascii", "replace")).decode("utf-8", "surrogatepass")
    except cryptography.fernet.InvalidToken:
        raise DecryptionError(f"the value stored at {place} does not open with the configured keys") from None
    found, separator, text = body.partition(PLACE_SEPARATOR)
    if not separator or found != place:
        raise DecryptionError(f"the value stored at {place} was written for another place")
    return text


class _DecryptingDescriptor:
    """Class attribute of an encrypted column: opens the stored value on first read of the row's attribute."""

    def __init__(self, field: EncryptedTextField) -> None:
        self.field = field

    def __get__(self, instance: Model | None, owner: type[Model] | None = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, Ciphertext):
            value = instance.__dict__[name] = decrypt_text(value, self.field.get_place(instance))
        return value

    def __set__(self, instance: Model, value: object) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(PackageTextField):
    """A text column whose stored value opens only with the key and only in its own row and column."""

    descriptor_class = _DecryptingDescriptor

    def get_place(self, instance: Model) -> str:
        """Return ``table.column:row`` of this column in a row.

        Raises ``ValueError`` before the row has a key.
        """
        if instance.pk is None:
            raise ValueError("an encrypted row needs its primary key before it is saved")
        return f"{self.model._meta.db_table}.{self.column}:{instance.pk}"

    def pre_save(self, model_instance: Model, add: bool) -> Ciphertext | None:
        """Seal new text for its row; pass on untouched ciphertext as it is."""
        value = model_instance.__dict__.get(self.attname)
        if value is None or isinstance(value, Ciphertext):
            return value
        return encrypt_text(str(value), self.get_place(model_instance))

    def to_python(self, value: Any) -> Any:
        """Leave the value as it is: a form shows what the attribute holds and never decrypts user input."""
        return value

    def from_db_value(self, value: str | None, *_: object) -> Ciphertext | None:
        """Wrap stored ciphertext, so that it can never be mistaken for text."""
        return None if value is None else Ciphertext(value)

    def get_prep_value(self, value: Any) -> Any:
        """Let only sealed values through.

        Raises ``TypeError`` for bare text (``update()``, ``bulk_update()``).
        """
        if value is not None and not isinstance(value, Ciphertext):
            raise TypeError(
                f"{self.name} is encrypted for its row: save the row instead of updating the column"
            )
        return value

    def get_db_prep_save(self, value: Any, connection: object) -> str | None:
        """Return the ciphertext to store."""
        sealed = self.get_prep_value(value)
        return None if sealed is None else sealed.token

    def get_db_prep_value(self, value: Any, connection: object, prepared: bool = False) -> str | None:
        """Return the ciphertext to store (the way of ``bulk_create``)."""
        return self.get_db_prep_save(value, connection)

    def get_lookup(self, lookup_name: str) -> type[IsNull] | None:
        """Allow ``isnull`` only; anything else would compare ciphertexts and silently find nothing."""
        if lookup_name == "isnull":
            return IsNull
        raise FieldError(f"{self.name} is encrypted: look it up by its digest column instead")

    def value_to_string(self, obj: Model) -> str:
        """Refuse serialisation: a dump must not hold names in clear."""
        raise TypeError(f"{self.name} is encrypted and is not serialised")


def list_encrypted_columns(model: type[Model]) -> list[Field[Any, Any]]:
    """Return the encrypted columns of a table, for key rotation and erasure."""
    return [field for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]


def build_blank_row(model: type[Model], pk: object) -> tuple[object, ...]:
    """Return a row for :func:`write_sealed` in which every encrypted column holds no text."""
    table = model._meta.db_table
    return (
        pk,
        *(
            encrypt_text("", f"{table}.{column.column}:{pk}").token
            for column in list_encrypted_columns(model)
        ),
    )


def write_ciphertexts(model: type[Model], rows: Sequence[tuple[object, ...]]) -> None:
    """Store the ciphertexts of rows that the caller has locked: key first, then every encrypted column."""
    if not rows:
        return
    quote, columns = connection.ops.quote_name, [str(field.column) for field in list_encrypted_columns(model)]
    given = ", ".join(f"v{number}" for number in range(len(columns)))
    sets = ", ".join(f"{quote(column)} = new.v{number}" for number, column in enumerate(columns))
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    statement = (
        f"UPDATE {table} AS kept SET {sets} FROM (VALUES %s) AS new (pk, {given}) WHERE kept.{key} = new.pk"  # noqa: S608 - names of our own tables
    )
    with connection.cursor() as cursor:
        execute_values(cursor.cursor, statement, rows, page_size=len(rows))
