/// Confirms a job that waits for it: XML 400122 (derived), JSON `PUT /job/{id}/_confirm`, answered at once: `S300122` in
/// JSON. What is confirmed is carried out. Source: OpenAPI `jobConfirm`.
///
/// ```
/// use certgate_domain::task::JobConfirm;
/// assert_eq!(JobConfirm::new(4_297_539_521).id, Some(4_297_539_521));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobConfirm {
    /// The job's id. Absent only in payloads that hold a placeholder.
    pub id: Option<i64>,
}

impl JobConfirm {
    /// For that job.
    pub fn new(id: i64) -> Self {
        Self { id: Some(id) }
    }

    pub(super) fn missing(&self) -> Option<&'static str> {
        self.id.is_none().then_some("id")
    }
}
