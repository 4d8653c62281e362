//! The tasks: what their requests and answers hold.

mod certificate_comment_update;
mod certificate_create;
mod certificate_delete;
mod certificate_info;
mod certificate_install_check;
mod certificate_list;
mod certificate_prepare_order;
mod certificate_realtime;
mod certificate_reissue;
mod certificate_renew;
mod certificate_revoke;
mod certificate_site_seal;
mod certificate_vmc_data_check;
mod contact_create;
mod contact_delete;
mod contact_info;
mod contact_list;
mod contact_update;
mod hello;
mod job_cancel;
mod job_confirm;
mod job_history_info;
mod job_history_list;
mod job_info;
mod job_list;
mod job_resend_approver_email;
mod job_resend_phone_authorization;
mod poll_confirm;
mod poll_info;
mod session_create;
mod session_delete;

use certgate_domain::{AnyData, AnyTask, TaskKind};
use certgate_wire::{DecodeError, excerpt};

use crate::{
    fields::Fields,
    object::{Object, Read},
    record::{
        certificate, certificate_data, contact, install_check, job, poll_message, session, site_seal, vmc_check_data,
    },
};

/// What a request holds: the id in its path and its body.
pub(crate) struct Given<'o, 't, 'a> {
    pub(crate) id: Option<i64>,
    pub(crate) body: Option<&'o Object<'t, 'a>>,
}

impl Given<'_, '_, '_> {
    /// The id, which may stand in the body as well.
    fn id(&self) -> Result<Option<i64>, DecodeError> {
        let Some(field) = self.body.and_then(|body| body.field("id")) else { return Ok(self.id) };
        let number = field.integer()?;
        match self.id {
            Some(id) if id != number => {
                Err(field.refuse(excerpt(&number.to_string()), format!("`{id}` as in the path")))
            }
            _ => Ok(Some(number)),
        }
    }

    /// The id of a task that has nothing else.
    fn only_id(&self) -> Result<Option<i64>, DecodeError> {
        let id = self.id()?;
        self.nothing();
        Ok(id)
    }

    /// Notes whatever stands in the body.
    fn nothing(&self) {
        if let Some(body) = self.body {
            body.finish();
        }
    }
}

/// A way to read a task's request.
type ReadRequest = fn(&Given<'_, '_, '_>) -> Result<AnyTask, DecodeError>;

macro_rules! tasks {
    ($($task:ident $file:ident,)+) => {
        /// How a kind's requests and answers are read.
        pub(crate) fn readers(kind: TaskKind) -> (ReadRequest, Read<AnyData>) {
            match kind {
                $(TaskKind::$task => ($file::read, $file::read_data),)+
            }
        }

        /// Writes what a task asks for, its id first.
        pub(crate) fn write(task: &AnyTask, fields: &mut Fields) {
            match task {
                $(AnyTask::$task(task) => $file::write(task, fields),)+
            }
        }
    };
}

tasks! {
    CertificatePrepareOrder certificate_prepare_order,
    CertificateCreate certificate_create,
    CertificateRealtime certificate_realtime,
    CertificateReissue certificate_reissue,
    CertificateRenew certificate_renew,
    CertificateRevoke certificate_revoke,
    CertificateDelete certificate_delete,
    CertificateInfo certificate_info,
    CertificateList certificate_list,
    CertificateCommentUpdate certificate_comment_update,
    CertificateInstallCheck certificate_install_check,
    CertificateSiteSeal certificate_site_seal,
    CertificateVmcDataCheck certificate_vmc_data_check,
    ContactCreate contact_create,
    ContactUpdate contact_update,
    ContactDelete contact_delete,
    ContactInfo contact_info,
    ContactList contact_list,
    JobInfo job_info,
    JobList job_list,
    JobCancel job_cancel,
    JobConfirm job_confirm,
    JobResendApproverEmail job_resend_approver_email,
    JobResendPhoneAuthorization job_resend_phone_authorization,
    JobHistoryInfo job_history_info,
    JobHistoryList job_history_list,
    PollInfo poll_info,
    PollConfirm poll_confirm,
    SessionCreate session_create,
    SessionDelete session_delete,
    Hello hello,
}

/// Writes what an answer carries.
pub(crate) fn write_data(data: &AnyData, fields: &mut Fields) {
    match data {
        AnyData::Certificate(record) => certificate::write(record, fields),
        AnyData::CertificateData(record) => certificate_data::write(record, fields),
        AnyData::Job(record) => job::write(record, fields),
        AnyData::ObjectJob(record) => job::write_whole(record, fields),
        AnyData::PollMessage(record) => poll_message::write(record, fields),
        AnyData::SslContact(record) => contact::write(record, fields),
        AnyData::CertificateInstallCheckResult(record) => install_check::write(record, fields),
        AnyData::SiteSealInformation(record) => site_seal::write(record, fields),
        AnyData::VmcCheckData(record) => vmc_check_data::write(record, fields),
        AnyData::Session(record) => session::write(record, fields),
    }
}
