"""Serializers of matters and their members."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.fields import StrictTextField
from accounts.api.paging import NEXT_CURSOR_HELP, PageSerializer
from matters.models import MAX_NUMBER_LENGTH
from matters.service import MAX_NOTE_LENGTH


class MatterRequestSerializer(serializers.Serializer[Any]):
    """A matter to create."""

    client_number = StrictTextField(
        max_length=MAX_NUMBER_LENGTH, help_text="Letters, digits, dots, dashes and underscores."
    )
    matter_number = StrictTextField(max_length=MAX_NUMBER_LENGTH, help_text="As the client number.")
    note = StrictTextField(
        max_length=MAX_NOTE_LENGTH, default="", allow_blank=True, help_text="Encrypted; members read it."
    )


class MatterChangeSerializer(MatterRequestSerializer):
    """What to change of a matter; what is left out stays."""

    note = StrictTextField(
        max_length=MAX_NOTE_LENGTH, required=False, allow_blank=True, help_text="Encrypted; members read it."
    )


class MatterListSerializer(PageSerializer):
    """Search and page of a list of matters."""

    search = serializers.CharField(
        required=False, max_length=2 * MAX_NUMBER_LENGTH + 1, help_text="Part of a reference."
    )


class MatterSerializer(serializers.Serializer[Any]):
    """A matter."""

    id = serializers.UUIDField()
    reference = serializers.CharField(help_text="What requests name it by.")
    client_number = serializers.CharField()
    matter_number = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True, help_text="From then on nothing is added.")


class MatterPageSerializer(serializers.Serializer[Any]):
    """A page of matters, newest first."""

    results = MatterSerializer(many=True)
    next = serializers.UUIDField(allow_null=True, help_text=NEXT_CURSOR_HELP)


class MemberRequestSerializer(serializers.Serializer[Any]):
    """A member to add; a second time it changes whether the member is a manager."""

    email = StrictTextField(max_length=254)
    is_manager = serializers.BooleanField(
        default=False, help_text="Managers change, close and open the matter, and add and remove members."
    )


class MemberSerializer(serializers.Serializer[Any]):
    """A member of a matter."""

    user = serializers.UUIDField(source="user_id")
    email = serializers.CharField(source="user.email")
    name = serializers.CharField(source="user.get_full_name")
    is_manager = serializers.BooleanField()
    added_at = serializers.DateTimeField()


class MemberListSerializer(serializers.Serializer[Any]):
    """All members of a matter, the first one first."""

    results = MemberSerializer(many=True)
