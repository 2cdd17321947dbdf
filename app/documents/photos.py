"""Photos tell where and with whose telephone they were taken; that is nobody's business but the citizen's."""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from app.core.errors import Invalid

MOST_PIXELS = 60_000_000
"""Decoding takes three bytes for each."""
_TELLING = frozenset({"exif", "xmp", "XML:com.adobe.xmp", "photoshop", "comment", "Raw profile type exif"})
_QUALITY = 90


def without_whereabouts(content: bytes) -> bytes:
    """The photo upright and without what the camera wrote beside it (place, device, time); as it is where nothing
    stands beside it, or where it cannot be read as a picture. Raises Invalid (too many pixels)."""
    try:
        with Image.open(BytesIO(content)) as image:
            if not image.getexif() and not _TELLING & image.info.keys():
                return content
            if image.width * image.height > MOST_PIXELS:
                raise Invalid("documents.pixels", most=MOST_PIXELS // 1_000_000)
            return _bare(image)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return content


def _bare(image: Image.Image) -> bytes:
    colours = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    upright.info = {}
    written = BytesIO()
    upright.save(written, image.format, quality=_QUALITY, icc_profile=colours)
    return written.getvalue()
