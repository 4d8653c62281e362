//! The same against BIND's own server, where it is installed.
