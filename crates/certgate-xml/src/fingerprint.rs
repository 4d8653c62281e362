//! Names of elements, told apart quickly.

/// What tells most names apart without a look at the body: the length, the first and the last byte.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint(u32);

impl Fingerprint {
    /// Bytes of a name.
    pub(crate) const LONGEST: usize = u16::MAX as usize;

    #[inline]
    pub(crate) fn of(name: &str) -> Self {
        let bytes = name.as_bytes();
        let (first, last) = (bytes.first().copied().unwrap_or_default(), bytes.last().copied().unwrap_or_default());
        Self(u32::from(name.len() as u16) | u32::from(first) << 16 | u32::from(last) << 24)
    }

    /// The length of the name.
    pub(crate) fn len(self) -> u32 {
        self.0 & 0xFFFF
    }

    /// A bit for a name: where it is not set among the marks of an element's children, none of them has the name.
    #[inline]
    pub(crate) fn mark(self) -> u64 {
        1 << (self.0.wrapping_mul(0x9E37_79B1) >> 26)
    }
}
