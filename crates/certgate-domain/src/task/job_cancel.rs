/// Cancels a job: XML 400121 (derived), JSON `PUT /job/{id}/_cancel`, answered at once: `S300121` in JSON. What is cancelled
/// stays cancelled. Source: OpenAPI `jobCancel`.
///
/// ```
/// use certgate_domain::task::JobCancel;
/// assert_eq!(JobCancel::new(4_297_539_521).id, Some(4_297_539_521));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobCancel {
    /// The job's id. Absent only in payloads that hold a placeholder.
    pub id: Option<i64>,
}

impl JobCancel {
    /// For that job.
    pub fn new(id: i64) -> Self {
        Self { id: Some(id) }
    }

    pub(super) fn missing(&self) -> Option<&'static str> {
        self.id.is_none().then_some("id")
    }
}
