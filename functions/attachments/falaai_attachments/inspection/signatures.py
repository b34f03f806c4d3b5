"""The first bytes of kinds of files."""

_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
# Of MPEG-4 files; those with pictures that move are refused later.
_AUDIO_BRANDS = (b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"dash", b"3gp")


def is_image(head: bytes) -> bool:
    if head.startswith(_IMAGES) or is_heic(head):
        return True
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def is_heic(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS


def is_audio(head: bytes) -> bool:
    if head.startswith((b"OggS", b"ID3", b"fLaC")) or (head[:4] == b"RIFF" and head[8:12] == b"WAVE"):
        return True
    if head[4:8] == b"ftyp":
        return head[8:12].startswith(_AUDIO_BRANDS)
    return is_mpeg_frame(head) or is_adts(head)


def is_mpeg_frame(head: bytes) -> bool:
    """Return whether this is the header of an MP3 frame: 11 bits of synchronization, layer III, valid rates."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[1] & 0x18 != 0x08 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C


def is_adts(head: bytes) -> bool:
    """Return whether this is the header of a frame of AAC without a container."""
    return len(head) >= 7 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0 and (head[2] >> 2 & 15) <= 12
