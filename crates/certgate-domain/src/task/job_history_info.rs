/// Asks for a finished job: XML 400134 (derived), JSON `GET /job/history/{id}`, answered at once with an
/// [`ObjectJob`](crate::ObjectJob): `S300134` in JSON. Source: OpenAPI `jobHistoryInfo`.
///
/// ```
/// use certgate_domain::task::JobHistoryInfo;
/// assert_eq!(JobHistoryInfo::new(4_297_539_521).id, Some(4_297_539_521));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobHistoryInfo {
    /// The job's id. Absent only in payloads that hold a placeholder.
    pub id: Option<i64>,
}

impl JobHistoryInfo {
    /// For that job.
    pub fn new(id: i64) -> Self {
        Self { id: Some(id) }
    }

    pub(super) fn missing(&self) -> Option<&'static str> {
        self.id.is_none().then_some("id")
    }
}
