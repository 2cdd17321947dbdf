"""Citizens' data as shown to people who need not know it: `138••••6721`, `王••`."""

DOT = "•"


def masked_phone(phone: str | None) -> str | None:
    """Keeps three digits at the front and four at the end; a short number keeps its last two."""
    if not phone:
        return phone
    if len(phone) < 9:
        return DOT * max(0, len(phone) - 2) + phone[-2:]
    return phone[:3] + DOT * (len(phone) - 7) + phone[-4:]


def masked_name(name: str | None) -> str | None:
    """Keeps the family name's character (or the first letter)."""
    return f"{name[0]}{DOT * 2}" if name else name


def masked_text(value: str | None) -> str | None:
    """Hides that there is anything but a length: free text may hold anything about a person."""
    return DOT * 6 if value else value
