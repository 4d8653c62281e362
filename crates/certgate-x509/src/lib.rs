//! Facts about certificate requests (RFC 2986) and certificates (RFC 5280), and the checks built on them.
