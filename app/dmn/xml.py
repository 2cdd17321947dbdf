"""Reading XML from strangers: no entities, no DTD, no network, limited size."""

from typing import Any

from lxml import etree

from app.dmn.errors import DmnError

MAX_BYTES = 5_000_000

Element = etree._Element


def read_xml(data: bytes) -> Element:
    """The root element. DmnError for what is malformed, too large, or has a DOCTYPE."""
    if len(data) > MAX_BYTES:
        raise DmnError("dmn.too_large", limit=MAX_BYTES)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DmnError("dmn.xml", error=str(error)[:200]) from error
    document: Any = root.getroottree()
    if document.docinfo.doctype:
        raise DmnError("dmn.doctype")
    return root


def local(element: Element) -> str:
    """The element's name without its namespace, so that DMN 1.1 to 1.5 read alike."""
    return etree.QName(element).localname


def children(element: Element, *names: str) -> list[Element]:
    """Child elements of these names, in the order of the file."""
    return [child for child in element if isinstance(child.tag, str) and local(child) in names]


def child(element: Element, *names: str) -> Element | None:
    """The first child of one of these names."""
    return next(iter(children(element, *names)), None)


def text_of(element: Element | None) -> str | None:
    """The text inside a `<text>` child, or None."""
    if element is None:
        return None
    text = child(element, "text")
    return None if text is None else "".join(str(part) for part in text.itertext())


def attribute(element: Element, name: str) -> str | None:
    value = element.get(name)
    return None if value is None else str(value)
