//! A value, or the gateway's text where the value should have stood.

/// What the gateway said for a field that has a type: the value, or text that is none.
///
/// The documented page itself shows `<context>CONTEXT</context>` where a number belongs. Such text is kept, and the codec
/// reports it as a finding of the kind `value`.
///
/// ```
/// use certgate_domain::Lenient;
/// let context: Lenient<i64> = Lenient::Raw("CONTEXT".to_owned());
/// assert_eq!(context.value(), None);
/// assert_eq!(Lenient::from(9).value(), Some(&9));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lenient<T> {
    /// A value of the documented type.
    Parsed(T),
    /// Text that is not of the documented type, as received.
    Raw(String),
}

impl<T> Lenient<T> {
    /// The value, where it is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Parsed(value) => Some(value),
            Self::Raw(_) => None,
        }
    }
}

impl<T> From<T> for Lenient<T> {
    fn from(value: T) -> Self {
        Self::Parsed(value)
    }
}
