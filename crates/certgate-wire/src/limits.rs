//! How much of a payload is taken.

/// Bounds for reading a payload, so that no body can cost more than its own size times a small number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body.
    pub body: usize,
    /// Levels of nesting.
    pub depth: usize,
}

impl Limits {
    /// The bound for a body unless told otherwise: 8 MiB. A certificate's answer has about 9 kB.
    pub const BODY: usize = 8 << 20;
    /// The bound for nesting; documented payloads have 7 levels.
    pub const DEPTH: usize = 32;
    /// How many tasks or results one payload may have.
    pub const DOCUMENTS: usize = 100;
    /// How many findings one payload may have before the rest is passed over.
    pub const FINDINGS: usize = 100;

    /// How many elements or values a body of that length may have: more is no answer but an attack on memory.
    ///
    /// ```
    /// assert!(certgate_wire::Limits::nodes(8_800) > 4_000);
    /// ```
    pub const fn nodes(body: usize) -> usize {
        4096 + body / 16
    }

    /// How many bytes of memory the records made from a body of that length may take, beside their texts: the smallest
    /// records are many times larger than what they are read from.
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
