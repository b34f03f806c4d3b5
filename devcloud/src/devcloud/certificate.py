"""TLS certificate for services that listen on a network address."""

from datetime import UTC, datetime, timedelta

_VALID = timedelta(days=90)


def make_certificate(address: str) -> tuple[str, str, str]:
    """Create a certificate for an IP address, valid for 90 days.

    Returns the authority that clients trust, the server's certificate chain and its key, each as PEM.
    """
    import trustme  # imported late: it takes as long as a small function, and most starts need no certificate

    authority = trustme.CA(organization_name="devcloud")
    issued = authority.issue_cert(address, not_after=datetime.now(UTC) + _VALID)
    chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
    return authority.cert_pem.bytes().decode(), chain.decode(), issued.private_key_pem.bytes().decode()
