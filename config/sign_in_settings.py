"""The settings of signing in, a part of :mod:`config.settings`: policy, allauth and the identity provider."""

from urllib.parse import urlsplit

from config import env

_EMBEDDED = not env.read_text("DATABASE_URL")

# Who needs a second factor, and who may sign in through the identity provider only: roles, `staff` or `all`.
SECOND_FACTOR_ROLES = env.read_list("SECOND_FACTOR_ROLES", "" if _EMBEDDED else "staff")
SSO_ONLY_ROLES = env.read_list("SSO_ONLY_ROLES")
# Minutes after which pages that show names, export, promote or give roles ask who is there; 0 turns it off.
STEP_UP_MINUTES = env.read_count("STEP_UP_MINUTES", 15)
SESSION_HOURS = env.read_list("SESSION_HOURS", "12")
SESSION_IDLE_MINUTES = env.read_count("SESSION_IDLE_MINUTES", 0 if _EMBEDDED else 60)
INITIAL_PASSWORDS_MUST_CHANGE = env.read_boolean("INITIAL_PASSWORDS_MUST_CHANGE", not _EMBEDDED)
# Words of the organisation that no password may consist of, and digests of passwords known to be out.
PASSWORD_WORDS = env.read_list("PASSWORD_WORDS")
BREACHED_PASSWORDS = env.read_text("BREACHED_PASSWORDS")
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60  # also of invitations

ACCOUNT_ADAPTER = "accounts.sign_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # addresses are given by administrators and the identity provider
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False  # a session ends with the browser, or earlier by policy
ACCOUNT_REAUTHENTICATION_TIMEOUT = STEP_UP_MINUTES * 60
# By password: django-axes and the limits of accounts.auth. By second factor: this, for one account.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "10/10m/key"}
MFA_ADAPTER = "accounts.sign_in.adapters.SecondFactorAdapter"
MFA_RATE_LIMITS = {"webauthn_login": None}  # counted like passwords
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Legal Name Comparison"
MFA_TOTP_TOLERANCE = 1  # half a minute before and after
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not env.read_boolean(
    "HTTPS", not _EMBEDDED
)  # http://localhost, which browsers take for secure
# The identity provider of the organisation, and which of its groups has which role: group=role, first match.
OIDC_ISSUER = env.read_text("OIDC_ISSUER")
OIDC_NAME = env.read_text("OIDC_NAME", "single sign-on")
OIDC_ROLE_CLAIM = env.read_text("OIDC_ROLE_CLAIM", "groups")
OIDC_ROLES = env.read_list("OIDC_ROLES")
OIDC_CREATE_USERS = env.read_boolean("OIDC_CREATE_USERS", False)
SOCIALACCOUNT_ADAPTER = "accounts.sign_in.identity_provider.IdentityAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "VERIFIED_EMAIL": env.read_boolean("OIDC_EMAIL_IS_VERIFIED", False),
        "APPS": [
            {
                "provider_id": "sso",
                "name": OIDC_NAME,
                "client_id": env.read_text("OIDC_CLIENT_ID"),
                "secret": env.read_text("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": OIDC_ISSUER},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}
USERSESSIONS_ADAPTER = "accounts.sign_in.adapters.SessionsAdapter"

# Accounts kept by the identity provider: SCIM 2.0 below /scim/v2/, for whoever has the token.
SCIM_TOKEN = env.read_text("SCIM_TOKEN")
_public = urlsplit(env.read_text("PUBLIC_URL", f"http://127.0.0.1:{env.read_text('PORT', '5001')}"))
SCIM_SERVICE_PROVIDER = {
    "USER_ADAPTER": "accounts.sign_in.scim.ScimUser",
    "USER_FILTER_PARSER": "accounts.sign_in.scim_requests.ScimFilter",
    "AUTH_CHECK_MIDDLEWARE": "accounts.sign_in.scim_requests.ScimAuthentication",
    "SCHEME": _public.scheme,
    "NETLOC": _public.netloc,
    "AUTHENTICATION_SCHEMES": [
        {"type": "oauthbearertoken", "name": "Bearer token", "description": "SCIM_TOKEN", "primary": True}
    ],
}

API_KEYS_PER_USER: int = env.read_count("API_KEYS_PER_USER", 20)
