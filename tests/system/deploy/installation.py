"""What the processes of an installation with servers of its own are told, as an operator would set it."""

from config.local.embedded import EmbeddedServers

KEYS = ("SECRET_KEY", "JWT_SIGNING_KEY", "NAME_DIGEST_KEY", "API_KEY_PEPPER", "ARTEFACT_KEY", "AUDIT_KEY")


def build_environment(servers: EmbeddedServers, **changes: str) -> dict[str, str]:
    """Return the settings of a deployment whose database and Valkey are the given servers."""
    return {
        "DATABASE_URL": servers.postgres.build_application_url(),
        "REDIS_URL": servers.valkey.build_url(),
        "ALLOWED_HOSTS": "127.0.0.1,names.example",
        "NUM_PROXIES": "1",
        "METRICS_TOKEN": "a token of this test",
        # The administrator that `prepare` makes signs in with a password alone.
        "SECOND_FACTOR_ROLES": "",
        "INITIAL_PASSWORDS_MUST_CHANGE": "false",
        **{name: servers.load_secret(name.lower()) for name in (*KEYS, "FIELD_ENCRYPTION_KEYS")},
        **changes,
    }
