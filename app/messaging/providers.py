"""Where messages leave the house. A provider takes one message, or raises: `NotSent` and `Refused` when nothing went
out for certain; after anything else nobody knows."""

import smtplib
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from app.messaging.channels import OUTSIDE, Channel
from app.messaging.errors import NotSent, Refused

TIMEOUT = 10.0
"""Seconds for each answer of a server: a worker waits for nobody longer."""
OFF = 30.0
"""Seconds without another try after a server could not be reached: others' reminders must not wait for it again."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message as a provider gets it. `id` stays the same whenever it is tried again."""

    id: UUID
    channel: Channel
    address: str
    subject: str
    """E-mail only."""
    body: str


class Provider(Protocol):
    name: str

    def send(self, parcel: Parcel, /) -> str | None:
        """Give it away; returns what the provider calls it. Raises NotSent, Refused."""
        ...


class LocalOutbox:
    """Sends nothing: the message stands on the outbox page. What ships, until a provider is connected."""

    name = "local outbox"

    def send(self, _parcel: Parcel, /) -> str | None:
        return None


class Smtp:
    """E-mail through a server. `url`: `smtp://user:password@host:port` (STARTTLS where the server offers it) or
    `smtps://…`."""

    name = "smtp"

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self.secure = parts.scheme == "smtps"
        self.host = parts.hostname or ""
        self.port = parts.port or (465 if self.secure else 25)
        self.login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self.sender = sender
        self._off_until, self._trouble = 0.0, ""

    def send(self, parcel: Parcel) -> str | None:
        mail = self._mail(parcel)
        if time.monotonic() < self._off_until:
            raise NotSent(self._trouble)
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            refused = isinstance(error, smtplib.SMTPAuthenticationError)
            self._trouble = f"the mail server {'refuses the login' if refused else 'cannot be reached'}: {_said(error)}"
            self._off_until = time.monotonic() + OFF
            raise NotSent(self._trouble) from error
        try:
            self._envelope(server, parcel.address)
            _judge(*_data(server, mail))
        finally:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
        return str(mail["Message-ID"])

    def _connected(self) -> smtplib.SMTP:
        if self.secure:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
        if self.login:
            server.login(*self.login)
        else:
            server.ehlo_or_helo_if_needed()
        return server

    def _envelope(self, server: smtplib.SMTP, address: str) -> None:
        try:
            _judge(*server.mail(self.sender))
            _judge(*server.rcpt(address))
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(f"the mail server broke off: {_said(error)}") from error

    def _mail(self, parcel: Parcel) -> EmailMessage:
        mail = EmailMessage()
        try:
            mail["From"], mail["To"], mail["Subject"] = self.sender, parcel.address, " ".join(parcel.subject.split())
        except ValueError as error:  # a line break in an address
            raise Refused(str(error)) from error
        mail["Date"] = formatdate()
        mail["Message-ID"] = f"<{parcel.id}@{self.sender.rpartition('@')[2]}>"
        mail.set_content(parcel.body)
        return mail


def _data(server: smtplib.SMTP, mail: EmailMessage) -> tuple[int, bytes]:
    """The server's last answer. A connection that breaks before it leaves open whether the mail was taken."""
    try:
        return server.data(mail.as_bytes())
    except smtplib.SMTPDataError as error:  # it did not want to hear the text
        answer = error.smtp_error
        return error.smtp_code, answer if isinstance(answer, bytes) else answer.encode()


def _judge(code: int, answer: bytes) -> None:
    """4xx: later; 5xx: never. Raises NotSent, Refused."""
    if code >= 400:
        words = f"{code} {answer.decode(errors='replace')}"
        raise Refused(words) if code >= 500 else NotSent(words)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


Providers = Mapping[Channel, Provider]


def shipped_providers() -> dict[Channel, Provider]:
    """The local outbox for every channel."""
    return dict.fromkeys(OUTSIDE, LocalOutbox())
