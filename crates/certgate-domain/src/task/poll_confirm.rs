/// Confirms a message of the queue, which takes it off: XML 0906, JSON `PUT /poll/{id}` without a body, answered at once.
/// The answer's data is a [`PollMessage`](crate::PollMessage) with only its id, or nothing. Confirming by id twice takes no
/// other message off, so it is safe to repeat. Source: the documented page.
///
/// ```
/// use certgate_domain::task::PollConfirm;
/// assert_eq!(PollConfirm::new(650_664).id, Some(650_664));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PollConfirm {
    /// The message's id. Absent only in payloads that hold a placeholder.
    pub id: Option<i64>,
}

impl PollConfirm {
    /// Confirms that message.
    pub fn new(id: i64) -> Self {
        Self { id: Some(id) }
    }

    pub(super) fn missing(&self) -> Option<&'static str> {
        self.id.is_none().then_some("id")
    }
}
