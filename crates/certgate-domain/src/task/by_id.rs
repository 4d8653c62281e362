//! The tasks that name an object by its id and say nothing else.

macro_rules! by_id {
    ($($(#[$doc:meta])* $task:ident $object:literal,)+) => {$(
        $(#[$doc])*
        ///
        #[doc = concat!("```\nlet task = certgate_domain::task::", stringify!($task), "::new(571);\nassert_eq!(task.id, Some(571));\n```")]
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $task {
            #[doc = concat!("The ", $object, "'s id. Absent only in payloads that hold a placeholder.")]
            pub id: Option<i64>,
        }

        impl $task {
            #[doc = concat!("For the ", $object, " of that id.")]
            pub fn new(id: i64) -> Self {
                Self { id: Some(id) }
            }
        }
    )+};
}

by_id! {
    /// Deletes a certificate and its order: XML 400103, JSON `DELETE /certificate/{id}`. Answered with `N400103` and a
    /// [`Job`](crate::Job); the result comes as a message of the queue. Not safe to repeat. Source: OpenAPI `certificateDelete`.
    CertificateDelete "certificate",

    /// Asks for a certificate's data: XML 400104, JSON `GET /certificate/{id}`, answered at once with a
    /// [`Certificate`](crate::Certificate). Source: the documented page, OpenAPI `certificateinfo`.
    CertificateInfo "certificate",

    /// Asks for the site seal of a certificate: XML 4001014, JSON `GET /certificate/{id}/_siteseal`, answered at once with
    /// [`SiteSealInformation`](crate::SiteSealInformation). Source: OpenAPI `certificateGetSiteSeal`; the XML side is derived.
    CertificateSiteSeal "certificate",

    /// Deletes a contact: XML 400203, JSON `DELETE /sslcontact/{id}`, answered at once with `S400203`. Not repeated by itself: an
    /// answer that got lost would be followed by a refusal. Source: OpenAPI `sslContactDelete`.
    ContactDelete "contact",

    /// Asks for a contact's data: XML 400204, JSON `GET /sslcontact/{id}`, answered at once with an
    /// [`SslContact`](crate::SslContact). Source: OpenAPI `sslContactInfo`.
    ContactInfo "contact",

    /// Cancels a job: XML 400121 (derived), JSON `PUT /job/{id}/_cancel`, answered at once: `S300121` in JSON. What is cancelled
    /// stays cancelled. Source: OpenAPI `jobCancel`.
    JobCancel "job",

    /// Confirms a job that waits for it: XML 400122 (derived), JSON `PUT /job/{id}/_confirm`, answered at once: `S300122` in
    /// JSON. What is confirmed is carried out. Source: OpenAPI `jobConfirm`.
    JobConfirm "job",

    /// Asks for a finished job: XML 400134 (derived), JSON `GET /job/history/{id}`, answered at once with an
    /// [`ObjectJob`](crate::ObjectJob): `S300134` in JSON. Source: OpenAPI `jobHistoryInfo`.
    JobHistoryInfo "job",

    /// Asks where a job stands: XML 400114 (CertificateJobInfo), JSON `GET /job/{id}`, answered at once with an
    /// [`ObjectJob`](crate::ObjectJob): `S400114` in XML, `S300114` in JSON. `EF300101`: not found, or no longer running.
    JobInfo "job",

    /// Sends the mail to the approver once more: XML 400118, JSON `PUT /job/{id}/_resendApproverEmail`, answered at once. Not
    /// repeated by itself: each one is a mail. Source: OpenAPI `resendApproverEmail`; the shape in XML is derived.
    JobResendApproverEmail "job",

    /// Has the applicant called once more: XML 400119, JSON `PUT /job/{id}/_resendPhoneAuthorization`, answered at once. Not
    /// repeated by itself: each one is a call. Source: OpenAPI `resendPhoneAuthorization`; the shape in XML is derived.
    JobResendPhoneAuthorization "job",

    /// Confirms a message of the queue, which takes it off: XML 0906, JSON `PUT /poll/{id}` without a body, answered at once.
    /// The answer's data is a [`PollMessage`](crate::PollMessage) with only its id, or nothing. Confirming by id twice takes no
    /// other message off, so it is safe to repeat. Source: the documented page.
    PollConfirm "message",
}
