/// Sends the mail to the approver once more: XML 400118, JSON `PUT /job/{id}/_resendApproverEmail`, answered at once. Not
/// repeated by itself: each one is a mail. Source: OpenAPI `resendApproverEmail`; the shape in XML is derived.
///
/// ```
/// use certgate_domain::task::JobResendApproverEmail;
/// assert_eq!(JobResendApproverEmail::new(4_297_539_521).id, Some(4_297_539_521));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobResendApproverEmail {
    /// The job's id. Absent only in payloads that hold a placeholder.
    pub id: Option<i64>,
}

impl JobResendApproverEmail {
    /// For that job.
    pub fn new(id: i64) -> Self {
        Self { id: Some(id) }
    }

    pub(super) fn missing(&self) -> Option<&'static str> {
        self.id.is_none().then_some("id")
    }
}
