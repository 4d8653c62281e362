//! A value, or the gateway's text where the value should have stood.

/// What the gateway said for a field that has a type: the value, or text that is none.
///
/// The documented page itself shows `<context>CONTEXT</context>` where a number belongs. Such text is kept, and the codec
/// reports it as a finding of the kind `value`.
///
/// ```
/// use certgate_domain::Said;
/// let context: Said<i64> = Said::Text("CONTEXT".to_owned());
/// assert_eq!(context.value(), None);
/// assert_eq!(Said::from(9).value(), Some(&9));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said<T> {
    /// A value of the documented type.
    Value(T),
    /// Text that is not of the documented type, as received.
    Text(String),
}

impl<T> Said<T> {
    /// The value, where it is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Text(_) => None,
        }
    }
}

impl<T> From<T> for Said<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}
