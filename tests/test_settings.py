"""Settings: their defaults, what is refused, and that the list of them is complete."""

import re
import threading
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

from config.settings import Settings, SettingsError
from tests.servers import ROOT

EXAMPLE = {
    name: value or ""
    for name, value in dotenv_values(ROOT / ".env.example", interpolate=False).items()
}
# What a supervisor tells its workers, and no operator sets.
INTERNAL = {"WORKER", "WORKERS_DIR", "SUPERVISOR_FD"}


class Asked(dict[str, str]):
    """An environment that remembers which names were looked up."""

    def __init__(self, **settings: str) -> None:
        super().__init__(settings)
        self.names: set[str] = set()

    def get(self, name: str, *default: Any) -> Any:
        self.names.add(name)
        return super().get(name, *default)


@pytest.fixture(autouse=True)
def an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`DATA_DIR` is `var` in the folder in which the server is started."""
    monkeypatch.chdir(tmp_path)


def refusal(**settings: str) -> str:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(settings)
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_the_example_lists_every_setting() -> None:
    asked = Asked()
    Settings.from_env(asked)
    assert set(EXAMPLE) == asked.names - INTERNAL


def test_the_example_holds_the_defaults() -> None:
    assert Settings.from_env(EXAMPLE) == Settings.from_env({})


def test_the_readme_lists_every_setting_with_its_default() -> None:
    rows = re.findall(
        r"^\| `([A-Z0-9_]+)` \| (?:`([^`]*)`)? ?\|", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    assert dict(rows) == EXAMPLE


def test_an_empty_setting_counts_as_not_set() -> None:
    settings = Settings.from_env({"PORT": "", "HOST": " ", "LOG_LEVEL": ""})
    assert (settings.port, settings.host, settings.log_level) == (8080, "127.0.0.1", "info")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("PORT", ["eighty", "-1", "65536", "8080.5", "²"]),
        ("WORKERS", ["0", "-2", "many", "257"]),
        ("ENVIRONMENT", ["staging"]),
        (
            "DATABASE_URL",
            ["mysql://localhost/x", "localhost", "postgresql://[::1/x", "postgresql:x"],
        ),
        ("DATABASE_POOL", ["0", "many"]),
        ("REDIS_URL", ["localhost:6379", "http://localhost", "redis://localhost:port"]),
        ("JWT_ACCESS_SECRET", ["short"]),
        ("JWT_REFRESH_SECRET", ["x" * 31]),
        ("JWT_2FA_SECRET", ["y" * 31]),
        ("CORS_ORIGINS", ["example.org", "https://example.org/path", "https://a.org,ftp://b.org"]),
        ("FRONTEND_URL", ["example.org"]),
        ("PUBLIC_URL", ["example.org", "ftp://example.org"]),
        ("GOOGLE_URL", ["accounts.google.com"]),
        ("SPOTIFY_API_URL", ["api.spotify.com"]),
        ("TRUSTED_PROXIES", ["-1", "all"]),
        ("MAX_UPLOAD_MB", ["0", "lots"]),
        ("RATE_LIMITS", ["maybe"]),
        ("LOG_LEVEL", ["loud"]),
        ("LOG_FORMAT", ["xml"]),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, values: list[str]) -> None:
    for value in values:
        assert refusal(**{name: value}).startswith(name)


@pytest.mark.parametrize("missing", ["DATABASE_URL", "REDIS_URL"])
def test_several_workers_need_what_they_share(missing: str) -> None:
    shared = {"DATABASE_URL": "postgresql://localhost/x", "REDIS_URL": "redis://localhost"}
    assert Settings.from_env({"WORKERS": "4", **shared}).is_supervisor
    sentence = refusal(**{"WORKERS": "4", **shared, missing: ""})
    assert sentence == f"{missing} must be set where WORKERS is more than 1."


@pytest.mark.parametrize("provider", ["GOOGLE", "SPOTIFY"])
def test_a_provider_is_known_by_both_its_id_and_its_secret(provider: str) -> None:
    pair = {f"{provider}_CLIENT_ID": "us", f"{provider}_CLIENT_SECRET": "open sesame"}
    assert getattr(Settings.from_env(pair), provider.lower()).client_secret == "open sesame"
    for missing in pair:
        assert missing in refusal(**{**pair, missing: ""})


def test_a_worker_is_no_supervisor() -> None:
    shared = {"DATABASE_URL": "postgresql://localhost/x", "REDIS_URL": "redis://localhost"}
    settings = Settings.from_env({"WORKERS": "4", "WORKER": "3", "WORKERS_DIR": "/tmp/w", **shared})
    assert (settings.worker, settings.workers_dir) == (3, Path("/tmp/w"))
    assert not settings.is_supervisor
    assert not Settings.from_env({}).is_supervisor


def test_a_wrong_url_is_not_repeated() -> None:
    assert "open-sesame" not in refusal(DATABASE_URL="mysql://ada:open-sesame@localhost/x")


def test_a_folder_beneath_a_file_is_refused_by_name() -> None:
    Path("file").touch()
    assert refusal(DATA_DIR="file/data").startswith("DATA_DIR")


def test_several_origins_may_call() -> None:
    settings = Settings.from_env({"CORS_ORIGINS": "https://a.org, http://localhost:5173"})
    assert settings.cors_origins == ("https://a.org", "http://localhost:5173")


def test_production_takes_the_secrets_that_it_is_given() -> None:
    secrets = {name: name * 3 for name in EXAMPLE if name.startswith("JWT_")}
    settings = Settings.from_env({"ENVIRONMENT": "production", **secrets})
    assert settings.is_production
    assert settings.jwt_refresh_secret == secrets["JWT_REFRESH_SECRET"]
    assert not Path("var/secrets").exists()


@pytest.mark.parametrize("missing", ["JWT_ACCESS_SECRET", "JWT_REFRESH_SECRET", "JWT_2FA_SECRET"])
def test_production_names_the_secret_that_is_missing(missing: str) -> None:
    secrets = {name: name * 3 for name in EXAMPLE if name.startswith("JWT_") and name != missing}
    assert refusal(ENVIRONMENT="production", **secrets).startswith(missing)


def test_one_secret_does_not_do_for_two_purposes() -> None:
    same = "a" * 40
    assert "JWT_ACCESS_SECRET" in refusal(JWT_ACCESS_SECRET=same, JWT_REFRESH_SECRET=same)


def test_processes_that_start_at_once_keep_the_same_secrets() -> None:
    found: list[Settings] = []
    together = threading.Barrier(8)

    def start() -> None:
        together.wait()
        found.append(Settings.from_env({}))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert len(list(Path("var/secrets").iterdir())) == 3


def test_a_secret_that_cannot_be_kept_is_named() -> None:
    Path("var").mkdir()
    Path("var/secrets").touch()
    assert refusal().startswith("JWT_ACCESS_SECRET")
