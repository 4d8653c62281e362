/// Asks where a job stands: XML 400114 (CertificateJobInfo), JSON `GET /job/{id}`, answered at once with an
/// [`ObjectJob`](crate::ObjectJob): `S400114` in XML, `S300114` in JSON. `EF300101`: not found, or no longer running.
///
/// ```
/// use certgate_domain::task::JobInfo;
/// assert_eq!(JobInfo::new(4_297_539_521).id, Some(4_297_539_521));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobInfo {
    /// The job's id. Absent only in payloads that hold a placeholder.
    pub id: Option<i64>,
}

impl JobInfo {
    /// Asks for that job.
    pub fn new(id: i64) -> Self {
        Self { id: Some(id) }
    }

    pub(super) fn missing(&self) -> Option<&'static str> {
        self.id.is_none().then_some("id")
    }
}
