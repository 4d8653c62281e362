//! Limits for decoding a payload.

/// Limits for decoding a payload. They bound the memory that a body can cost to a small multiple of its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body: usize,
    /// The deepest nesting, in levels.
    pub depth: usize,
}

impl Limits {
    /// The default limit of a body: 8 MiB. The answer to `certificate-info` has about 9 kB.
    pub const BODY: usize = 8 << 20;
    /// The default limit of nesting; documented payloads have 7 levels.
    pub const DEPTH: usize = 32;
    /// The largest number of tasks or results in one payload.
    pub const DOCUMENTS: usize = 100;
    /// The largest number of findings reported for one payload; further ones are dropped.
    pub const FINDINGS: usize = 100;

    /// The largest number of elements or values in a body of that length, in bytes. More would be an attack on memory.
    ///
    /// ```
    /// assert!(certgate_wire::Limits::nodes(8_800) > 4_000);
    /// ```
    pub const fn nodes(body: usize) -> usize {
        4096 + body / 16
    }

    /// The memory, in bytes, that the records decoded from a body of that length may take, not counting their texts. The smallest
    /// records are many times larger than the bytes they are decoded from.
    ///
    /// ```
    /// assert_eq!(certgate_wire::Limits::records(0), 4 << 20);
    /// ```
    pub const fn records(body: usize) -> usize {
        (4 << 20) + body / 2
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { body: Self::BODY, depth: Self::DEPTH }
    }
}
