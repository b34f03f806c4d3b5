"""Keys of attached files in the bucket. Each key has the id of its user and a random part."""

# Objects as a browser uploaded them, until they are checked.
UPLOADS = "uploads/"
# Checked objects, which no browser can write.
ATTACHMENTS = "attachments/"
# An image has two previews. Their keys are its own key with one of these endings.
SMALL, SCREEN = ".small", ".screen"


def keys_of(key: str) -> list[str]:
    """Return the key of a file and those that its previews have, if it is an image."""
    return [key, key + SMALL, key + SCREEN]


def file_key_of(key: str) -> str:
    """Return the key of the file that an object belongs to: its own key, or that of a preview without its ending."""
    return key.removesuffix(SMALL).removesuffix(SCREEN)


def prefixes_of(user_id: int) -> tuple[str, str]:
    """Return the prefixes of all objects of a user."""
    return f"{ATTACHMENTS}{user_id}/", f"{UPLOADS}{user_id}/"
