//! The gateway itself, for tests and for trying out: both protocols, real X.509.
