"""Text columns encrypted at rest, each value bound to its table, column and row.

The encryption comes from django-encrypted-model-fields. The subclass here adds: a value that cannot be
decrypted raises (the package would return the ciphertext and encrypt it again on save); the plaintext holds
table, column and row, so a ciphertext copied to another row is refused; look-ups raise, because they would
never find a row; values are decrypted when first read, so lists without names decrypt none.
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
"""Separates the place (``table.column:row``) from the text inside a ciphertext."""


class DecryptionError(Exception):
    """A stored value has another key, is damaged, or was copied from another place. Never holds the text."""


class Ciphertext:
    """A stored ciphertext, decrypted only through the row it belongs to."""

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


def decrypt_text(ciphertext: Ciphertext, place: str) -> str:
    """Decrypt the value of a place.

    Raises :class:`DecryptionError` if no key fits or the value belongs to another place.
    """
    try:
        body = (
            get_cipher().decrypt(ciphertext.token.encode("ascii", "replace")).decode("utf-8", "surrogatepass")
        )
    except cryptography.fernet.InvalidToken:
        raise DecryptionError(f"the value stored at {place} does not open with the configured keys") from None
    stored_place, separator, text = body.partition(PLACE_SEPARATOR)
    if not separator or stored_place != place:
        raise DecryptionError(f"the value stored at {place} was written for another place")
    return text


class _DecryptingDescriptor:
    """Class attribute of an encrypted column: decrypts the stored value on first read."""

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
    """A text column whose values can be decrypted only with the key and only in their own row and column."""

    descriptor_class = _DecryptingDescriptor

    def get_place(self, instance: Model) -> str:
        """Return ``table.column:row`` of this column in a row.

        Raises ``ValueError`` for a row without a primary key.
        """
        if instance.pk is None:
            raise ValueError("an encrypted row needs its primary key before it is saved")
        return f"{self.model._meta.db_table}.{self.column}:{instance.pk}"

    def pre_save(self, model_instance: Model, add: bool) -> Ciphertext | None:
        """Encrypt new text for its row; return unchanged ciphertext as it is."""
        value = model_instance.__dict__.get(self.attname)
        if value is None or isinstance(value, Ciphertext):
            return value
        return encrypt_text(str(value), self.get_place(model_instance))

    def to_python(self, value: Any) -> Any:
        """Return the value unchanged: form input is plain text and must not be decrypted."""
        return value

    def from_db_value(self, value: str | None, *_: object) -> Ciphertext | None:
        """Wrap stored ciphertext, so that it cannot be mistaken for text."""
        return None if value is None else Ciphertext(value)

    def get_prep_value(self, value: Any) -> Any:
        """Accept ciphertext only.

        Raises ``TypeError`` for plain text, as ``update()`` and ``bulk_update()`` would pass it.
        """
        if value is not None and not isinstance(value, Ciphertext):
            raise TypeError(
                f"{self.name} is encrypted for its row: save the row instead of updating the column"
            )
        return value

    def get_db_prep_save(self, value: Any, connection: object) -> str | None:
        """Return the ciphertext to store."""
        ciphertext = self.get_prep_value(value)
        return None if ciphertext is None else ciphertext.token

    def get_db_prep_value(self, value: Any, connection: object, prepared: bool = False) -> str | None:
        """Return the ciphertext to store; ``bulk_create`` calls this method."""
        return self.get_db_prep_save(value, connection)

    def get_lookup(self, lookup_name: str) -> type[IsNull] | None:
        """Allow ``isnull`` only; other look-ups would compare ciphertexts and silently find nothing."""
        if lookup_name == "isnull":
            return IsNull
        raise FieldError(f"{self.name} is encrypted: look it up by its digest column instead")

    def value_to_string(self, obj: Model) -> str:
        """Refuse serialisation, so that no dump holds decrypted names."""
        raise TypeError(f"{self.name} is encrypted and is not serialised")


def list_encrypted_columns(model: type[Model]) -> list[Field[Any, Any]]:
    """Return the encrypted columns of a table, for key rotation and erasure."""
    return [field for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]


def build_blank_row(model: type[Model], pk: object) -> tuple[object, ...]:
    """Return a row for :func:`write_ciphertexts` in which every encrypted column holds the empty text."""
    table = model._meta.db_table
    return (
        pk,
        *(
            encrypt_text("", f"{table}.{column.column}:{pk}").token
            for column in list_encrypted_columns(model)
        ),
    )


def write_ciphertexts(model: type[Model], rows: Sequence[tuple[object, ...]]) -> None:
    """Store the ciphertexts of rows that the caller has locked.

    Each row is its primary key followed by the values of all encrypted columns.
    """
    if not rows:
        return
    quote, columns = connection.ops.quote_name, [str(field.column) for field in list_encrypted_columns(model)]
    values = ", ".join(f"v{number}" for number in range(len(columns)))
    sets = ", ".join(f"{quote(column)} = new.v{number}" for number, column in enumerate(columns))
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    statement = (
        f"UPDATE {table} AS kept SET {sets} FROM (VALUES %s) AS new (pk, {values}) WHERE kept.{key} = new.pk"  # noqa: S608 - names of our own tables
    )
    with connection.cursor() as cursor:
        execute_values(cursor.cursor, statement, rows, page_size=len(rows))
