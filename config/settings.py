"""Settings from the environment: one frozen object, checked once, at start."""

import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

SECRETS = ("JWT_ACCESS_SECRET", "JWT_REFRESH_SECRET", "JWT_2FA_SECRET")
MOST_WORKERS = 256


class SettingsError(Exception):
    """A setting is wrong; the message is one sentence that names it."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Where people may sign in with what they have elsewhere; without a `client_id` they may not.

    `url` is an OpenID issuer, or where people are asked; `api_url` says who they are.
    """

    client_id: str
    client_secret: str
    url: str
    api_url: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """All that an operator may set. `.env.example` lists the names and what they mean."""

    host: str
    port: int
    environment: str
    data_dir: Path
    database_url: str
    database_pool: int
    redis_url: str
    jwt_access_secret: str
    jwt_refresh_secret: str
    jwt_2fa_secret: str
    cors_origins: tuple[str, ...]
    frontend_url: str
    public_url: str
    google: ProviderSettings
    spotify: ProviderSettings
    trusted_proxies: int
    max_upload_mb: int
    rate_limits: bool
    ping_interval_s: int
    ping_timeout_s: int
    log_level: str
    log_format: str
    workers: int
    # Set by the supervisor for each of its workers, and by nobody else.
    worker: int
    workers_dir: Path | None
    supervisor_fd: int

    @property
    def page_origins(self) -> list[str]:
        """Of which pages may call us, beside our own; `*` stands for all."""
        listed = [*self.cors_origins, self.frontend_url.rstrip("/")]
        return [origin for origin in listed if origin]

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def is_supervisor(self) -> bool:
        """Whether this process serves nobody itself, but starts the workers that do."""
        return self.workers > 1 and not self.worker

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read `env`; raise `SettingsError` with a sentence that names the first wrong setting."""
        reader = _Reader(env)
        environment = reader.choice("ENVIRONMENT", "development", ("development", "production"))
        data_dir = reader.folder("DATA_DIR", "var")
        access, refresh, two_factor = _secrets(env, data_dir, environment)
        return cls(
            host=reader.text("HOST", "127.0.0.1"),
            port=reader.integer("PORT", 8080, 0, 65535),
            environment=environment,
            data_dir=data_dir,
            database_url=reader.url("DATABASE_URL", ("postgresql", "postgres")),
            database_pool=reader.integer("DATABASE_POOL", 10, 1, 1000),
            redis_url=reader.url("REDIS_URL", ("redis", "rediss", "unix")),
            jwt_access_secret=access,
            jwt_refresh_secret=refresh,
            jwt_2fa_secret=two_factor,
            cors_origins=reader.origins("CORS_ORIGINS"),
            frontend_url=reader.url("FRONTEND_URL", ("http", "https")),
            public_url=reader.web_url("PUBLIC_URL", ""),
            google=_provider(reader, "GOOGLE", "https://accounts.google.com"),
            spotify=_provider(
                reader, "SPOTIFY", "https://accounts.spotify.com", "https://api.spotify.com"
            ),
            trusted_proxies=reader.integer("TRUSTED_PROXIES", 0, 0, 10),
            max_upload_mb=reader.integer("MAX_UPLOAD_MB", 200, 1, 4096),
            rate_limits=reader.choice("RATE_LIMITS", "on", ("on", "off")) == "on",
            ping_interval_s=reader.integer("PING_INTERVAL", 25, 1, 300),
            ping_timeout_s=reader.integer("PING_TIMEOUT", 20, 1, 300),
            log_level=reader.choice(
                "LOG_LEVEL", "info", ("debug", "info", "warning", "error", "critical")
            ),
            log_format=reader.choice("LOG_FORMAT", "text", ("text", "json")),
            workers=_workers(reader),
            worker=reader.integer("WORKER", 0, 0, MOST_WORKERS),
            workers_dir=Path(folder) if (folder := reader.text("WORKERS_DIR", "")) else None,
            supervisor_fd=reader.integer("SUPERVISOR_FD", 0, 0, 1 << 20),
        )


class _Reader:
    """Reads single settings; an empty one counts as not set."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def text(self, name: str, default: str) -> str:
        return self._env.get(name, "").strip() or default

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        value = self.text(name, default).lower()
        if value not in choices:
            raise SettingsError(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
        return value

    def integer(self, name: str, default: int, least: int, most: int) -> int:
        text = self.text(name, str(default))
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise SettingsError(f"{name} must be a whole number from {least} to {most}.")
        return int(text)

    def url(self, name: str, schemes: tuple[str, ...]) -> str:
        text = self.text(name, "")
        if text and not _is_url(text, schemes):
            # The value itself may hold a password: it is not repeated.
            raise SettingsError(f"{name} must be empty or a URL that begins with {schemes[0]}://.")
        return text

    def web_url(self, name: str, default: str) -> str:
        """An http(s) address that paths can be put behind."""
        return (self.url(name, ("http", "https")) or default).rstrip("/")

    def origins(self, name: str) -> tuple[str, ...]:
        origins = tuple(part.strip() for part in self.text(name, "").split(",") if part.strip())
        for origin in origins:
            if origin != "*" and not (
                _is_url(origin, ("http", "https")) and origin.count("/") == 2
            ):
                raise SettingsError(f"{name} must list origins such as https://example.org.")
        return origins

    def folder(self, name: str, default: str) -> Path:
        path = Path(self.text(name, default)).resolve()
        try:
            path.mkdir(parents=True, exist_ok=True)
            # Asking for permissions would not tell of a full or read-only disk.
            with tempfile.TemporaryFile(dir=path):
                pass
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise SettingsError(f"{name} is no folder that can be written to: {why}.") from None
        return path


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts, _ = urlsplit(text), urlsplit(text).port
    except ValueError:  # brackets that do not match, or a port that is no number
        return False
    return "://" in text and parts.scheme in schemes


def _provider(reader: _Reader, name: str, url: str, api_url: str = "") -> ProviderSettings:
    """A provider's settings; who gives one half of what the provider gave forgot the other."""
    client_id, secret = (reader.text(f"{name}_CLIENT_{part}", "") for part in ("ID", "SECRET"))
    if bool(client_id) != bool(secret):
        raise SettingsError(f"{name}_CLIENT_ID and {name}_CLIENT_SECRET must be set both.")
    return ProviderSettings(
        client_id=client_id,
        client_secret=secret,
        url=reader.web_url(f"{name}_URL", url),
        api_url=reader.web_url(f"{name}_API_URL", api_url) if api_url else "",
    )


def _workers(reader: _Reader) -> int:
    """How many workers; more than one must have something to share."""
    workers = reader.integer("WORKERS", 1, 1, MOST_WORKERS)
    for name in ("DATABASE_URL", "REDIS_URL"):
        if workers > 1 and not reader.text(name, ""):
            raise SettingsError(f"{name} must be set where WORKERS is more than 1.")
    return workers


def _secrets(env: Mapping[str, str], data_dir: Path, environment: str) -> list[str]:
    """The three secrets; in development those not given are made once and kept."""
    found = []
    for name in SECRETS:
        value = env.get(name, "").strip()
        if not value and environment == "production":
            raise SettingsError(f"{name} must be set in production.")
        if value and len(value) < 32:
            raise SettingsError(f"{name} must have at least 32 characters.")
        found.append(value or _kept(name, data_dir / "secrets" / name.lower()))
    if len(set(found)) < len(found):
        raise SettingsError(f"{', '.join(SECRETS)} must differ from each other.")
    return found


def _kept(name: str, path: Path) -> str:
    try:
        return _kept_secret(path)
    except OSError as error:
        sentence = f"{name} is not set and cannot be kept in DATA_DIR: {error.strerror}."
        raise SettingsError(sentence) from None


def _kept_secret(path: Path) -> str:
    """Read the secret at `path`, or make it (mode 0600). Two processes at once agree on one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        # A link appears whole or not at all, and fails where the other process was first.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii").strip()
