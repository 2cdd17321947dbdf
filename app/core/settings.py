"""All settings, from the environment. A wrong one stops the start with one clear line (SettingsError)."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

QUIET_HOURS = (time(21), time(8))
REOPEN_DAYS = 30
SMS_BODY = '{"to": "{address}", "text": "{body}", "id": "{id}"}'
SMS_HEADER = "Authorization: Bearer {secret}"


class SettingsError(Exception):
    """One line that says which setting is wrong and what it should be."""


@dataclass(frozen=True, slots=True)
class Settings:
    database_url: str
    """DATABASE_URL: the application's role; owns no table."""
    database_owner_url: str
    """DATABASE_OWNER_URL: the role that migrates; defaults to DATABASE_URL."""
    redis_url: str
    """REDIS_URL: Valkey or Redis, `unix://` or `redis://`. Never the truth: may be emptied at any time."""
    secret_key: str
    """CITYDESK_SECRET_KEY (or the file in CITYDESK_SECRET_KEY_FILE): signs cookies; at least 32 characters."""
    data_dir: Path
    """CITYDESK_DATA: attachments, logs, the embedded servers' files."""
    host: str
    port: int
    city_zone: ZoneInfo
    """CITYDESK_ZONE: a "day" is a day there."""
    default_language: str
    demo: bool
    """CITYDESK_DEMO=1: demo logins exist; refused on any host but loopback."""
    log_level: str = "INFO"
    log_format: str = "text"
    """CITYDESK_LOG_FORMAT: `text` for people, `json` for collectors: one object a line."""
    web_workers: int = 2
    """CITYDESK_WEB_WORKERS: processes of the web server."""
    web_threads: int = 256
    """CITYDESK_WEB_THREADS: requests that each of them serves at once; up to three quarters may be live streams."""
    telephone: str = "auto"
    """CITYDESK_TELEPHONE: `auto` brings the telephone where it can be had, `off` leaves it out."""
    ari_url: str = ""
    """ARI_URL: Asterisk's REST interface with user and password, `http://user:password@host:8088/ari`."""
    sounds: str = ""
    """CITYDESK_SOUNDS: folder of spoken sentences; Asterisk reads it under the same name."""
    speech: str = ""
    """CITYDESK_SPEECH: program that speaks: text on stdin; language and file as arguments."""
    phone_url: str = ""
    """CITYDESK_PHONE_URL: where browsers' telephones reach Asterisk, `wss://…/ws`."""
    sip_address: str = "127.0.0.1"
    """CITYDESK_SIP_ADDRESS: address (and `:port`) that SIP telephones and trunks reach Asterisk at."""
    sip_public_address: str = ""
    """CITYDESK_SIP_PUBLIC_ADDRESS: the address outside, where a router stands between."""
    recording_backup: str = ""
    """CITYDESK_RECORDING_BACKUP: where recordings are copied to: a folder, or `s3://bucket/prefix`; empty: nowhere."""
    store_url: str = ""
    """CITYDESK_STORE_URL: the S3-compatible store, `https://host:port`; empty: Amazon's."""
    store_key: str = ""
    """CITYDESK_STORE_KEY: access key there."""
    store_secret: str = field(default="", repr=False)
    """CITYDESK_STORE_SECRET (or the file in CITYDESK_STORE_SECRET_FILE): its secret."""
    smtp_url: str = ""
    """CITYDESK_SMTP_URL: the server that e-mail goes out by, `smtp://user:password@host:port` or `smtps://…`."""
    mail_from: str = ""
    """CITYDESK_MAIL_FROM: the address e-mail comes from."""
    sms_url: str = ""
    """CITYDESK_SMS_URL: the gateway that short messages go out by, `https://…`."""
    sms_body: str = SMS_BODY
    """CITYDESK_SMS_BODY: what it is sent: JSON, or a form `mobile={address}&content={body}`."""
    sms_header: str = SMS_HEADER
    """CITYDESK_SMS_HEADER: one more header of the request; `{secret}` stands for the secret."""
    sms_secret: str = ""
    """CITYDESK_SMS_SECRET, or the file in CITYDESK_SMS_SECRET_FILE."""
    sms_accepted: str = ""
    """CITYDESK_SMS_ACCEPTED: what the answer contains when the gateway took the message; empty: 2xx is enough."""
    reopen_days: int = REOPEN_DAYS
    """CITYDESK_REOPEN_DAYS: for so many days after its end a case can be opened again."""
    quiet_hours: tuple[time, time] = QUIET_HOURS
    """CITYDESK_QUIET_HOURS: from and to, city's time; no SMS and no call reaches a citizen then. Equal: none."""


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check. Raises SettingsError."""
    host = environ.get("CITYDESK_HOST", "127.0.0.1")
    demo = _flag(environ, "CITYDESK_DEMO")
    if demo and host not in ("127.0.0.1", "::1", "localhost"):
        raise SettingsError(f"CITYDESK_DEMO=1 has public passwords and runs on loopback only, not on {host}")
    database_url = _required(environ, "DATABASE_URL", "a postgresql:// address")
    return Settings(
        database_url=database_url,
        database_owner_url=environ.get("DATABASE_OWNER_URL", database_url),
        redis_url=_required(environ, "REDIS_URL", "a redis:// or unix:// address"),
        secret_key=_secret(environ, "CITYDESK_SECRET_KEY"),
        data_dir=Path(environ.get("CITYDESK_DATA", "var")).resolve(),
        host=host,
        port=_number(environ, "CITYDESK_PORT", 8319, 1, 65535),
        city_zone=_zone(environ.get("CITYDESK_ZONE", "Asia/Shanghai")),
        default_language=_one_of(environ, "CITYDESK_LANGUAGE", ("zh-CN", "en")),
        demo=demo,
        log_level=_one_of(environ, "CITYDESK_LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
        log_format=_one_of(environ, "CITYDESK_LOG_FORMAT", ("text", "json")),
        web_workers=_number(environ, "CITYDESK_WEB_WORKERS", 2, 1, 64),
        web_threads=_number(environ, "CITYDESK_WEB_THREADS", 256, 1, 2048),
        telephone=_one_of(environ, "CITYDESK_TELEPHONE", ("auto", "off")),
        ari_url=_address(environ, "ARI_URL"),
        sounds=environ.get("CITYDESK_SOUNDS", ""),
        speech=environ.get("CITYDESK_SPEECH", ""),
        phone_url=environ.get("CITYDESK_PHONE_URL", ""),
        sip_public_address=environ.get("CITYDESK_SIP_PUBLIC_ADDRESS", ""),
        **_recording_backup(environ),
        smtp_url=_smtp(environ),
        mail_from=environ.get("CITYDESK_MAIL_FROM", ""),
        sms_url=_address(environ, "CITYDESK_SMS_URL"),
        sms_body=_sms_body(environ),
        sms_header=environ.get("CITYDESK_SMS_HEADER", SMS_HEADER),
        sms_secret=_secret(environ, "CITYDESK_SMS_SECRET", least=0),
        sms_accepted=environ.get("CITYDESK_SMS_ACCEPTED", ""),
        reopen_days=_number(environ, "CITYDESK_REOPEN_DAYS", REOPEN_DAYS, 0, 3660),
        quiet_hours=_hours(environ, "CITYDESK_QUIET_HOURS", "21:00-08:00"),
        sip_address=environ.get("CITYDESK_SIP_ADDRESS", "127.0.0.1"),
    )


def _required(environ: Mapping[str, str], name: str, what: str) -> str:
    if not (value := environ.get(name, "").strip()):
        raise SettingsError(f"{name} is not set: it must be {what}")
    return value


def _from_file(environ: Mapping[str, str], name: str) -> str:
    if not (file := environ.get(f"{name}_FILE")):
        return environ.get(name, "")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE: cannot read {file}: {error.strerror}") from None


def _secret(environ: Mapping[str, str], name: str, least: int = 32) -> str:
    value = _from_file(environ, name)
    if len(value) < least:
        raise SettingsError(f"{name} (or {name}_FILE) must have at least {least} characters")
    return value


def _address(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if value and not value.startswith(("http://", "https://")):
        raise SettingsError(f"{name} must be an http:// or https:// address")
    return value


def _recording_backup(environ: Mapping[str, str]) -> dict[str, str]:
    place, key = environ.get("CITYDESK_RECORDING_BACKUP", "").strip(), environ.get("CITYDESK_STORE_KEY", "")
    url, secret = _address(environ, "CITYDESK_STORE_URL"), _from_file(environ, "CITYDESK_STORE_SECRET")
    if place.startswith("s3://"):
        if not urlsplit(place).netloc or not key or not secret:
            raise SettingsError("CITYDESK_RECORDING_BACKUP: s3://bucket needs a key and its secret (CITYDESK_STORE_…)")
        if urlsplit(url).username:
            raise SettingsError("CITYDESK_STORE_URL must not hold the key: it belongs into CITYDESK_STORE_KEY")
    elif place and not Path(place).is_absolute():
        raise SettingsError("CITYDESK_RECORDING_BACKUP must be an absolute path or s3://bucket/prefix")
    return {"recording_backup": place, "store_url": url, "store_key": key, "store_secret": secret}


def _smtp(environ: Mapping[str, str]) -> str:
    value = environ.get("CITYDESK_SMTP_URL", "")
    if value and not (value.startswith(("smtp://", "smtps://")) and urlsplit(value).hostname):
        raise SettingsError("CITYDESK_SMTP_URL must be an smtp:// or smtps:// address")
    if value and "@" not in environ.get("CITYDESK_MAIL_FROM", ""):
        raise SettingsError("CITYDESK_MAIL_FROM must be an e-mail address where CITYDESK_SMTP_URL is set")
    return value


def _sms_body(environ: Mapping[str, str]) -> str:
    value = environ.get("CITYDESK_SMS_BODY", SMS_BODY)
    try:
        if not all(place in value for place in ("{address}", "{body}")):
            raise ValueError
        if value.lstrip().startswith(("{", "[")):
            json.loads(value)
        else:
            parse_qsl(value, strict_parsing=True)
    except ValueError:
        raise SettingsError("CITYDESK_SMS_BODY must be JSON or a=b&c=d, with {address} and {body} in it") from None
    return value


def _hours(environ: Mapping[str, str], name: str, default: str) -> tuple[time, time]:
    value = environ.get(name, default)
    begin, _, end = value.partition("-")
    try:
        return time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())
    except ValueError:
        raise SettingsError(f"{name} is {value!r}: it must be two times such as {default}") from None


def _number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = environ.get(name, str(default))
    if not (value.isascii() and value.isdigit()) or not least <= int(value) <= most:
        raise SettingsError(f"{name} is {value!r}: it must be a number from {least} to {most}")
    return int(value)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(f"CITYDESK_ZONE is {name!r}: it must be a time zone such as Asia/Shanghai") from None


def _flag(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "0")
    if value not in ("0", "1"):
        raise SettingsError(f"{name} is {value!r}: it must be 0 or 1")
    return value == "1"


def _one_of(environ: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = environ.get(name, allowed[0])
    if value not in allowed:
        raise SettingsError(f"{name} is {value!r}: it must be one of {', '.join(allowed)}")
    return value
