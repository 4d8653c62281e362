/// Has the applicant called once more: XML 400119, JSON `PUT /job/{id}/_resendPhoneAuthorization`, answered at once. Not
/// repeated by itself: each one is a call. Source: OpenAPI `resendPhoneAuthorization`; the shape in XML is derived.
///
/// ```
/// use certgate_domain::task::JobResendPhoneAuthorization;
/// assert_eq!(JobResendPhoneAuthorization::new(4_297_539_521).id, Some(4_297_539_521));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobResendPhoneAuthorization {
    /// The job's id. Absent only in payloads that hold a placeholder.
    pub id: Option<i64>,
}

impl JobResendPhoneAuthorization {
    /// For that job.
    pub fn new(id: i64) -> Self {
        Self { id: Some(id) }
    }

    pub(super) fn missing(&self) -> Option<&'static str> {
        self.id.is_none().then_some("id")
    }
}
