//! Which gateway an address leads to.

/// The gateway of an address, by its host: its two protocols have hosts of their own, `gateway.` and `api.`, and one queue.
pub(crate) fn gateway_of(endpoint: &str) -> &str {
    let authority = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest).split('/').next().unwrap_or_default();
    authority.strip_prefix("gateway.").or_else(|| authority.strip_prefix("api.")).unwrap_or(authority)
}
