//! One file a task: its request and its answer's data.

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
use certgate_wire::DecodeError;

use crate::{
    element::Element,
    out::Out,
    record::{
        certificate, certificate_data, contact, install_check, job, poll_message, session, site_seal, vmc_check_data,
    },
};

macro_rules! tasks {
    ($($task:ident $file:ident $evidence:literal,)+) => {
        /// What is known of a task's XML: `documented` by the vendor, or `derived` from the JSON API and the names around it.
        pub fn evidence(kind: TaskKind) -> &'static str {
            match kind {
                $(TaskKind::$task => $evidence,)+
            }
        }

        pub(crate) fn read_request(kind: TaskKind, e: &Element<'_, '_>) -> Result<AnyTask, DecodeError> {
            Ok(match kind {
                $(TaskKind::$task => $file::read_request(e)?.into(),)+
            })
        }

        pub(crate) fn write_request(out: &mut Out<'_>, task: &AnyTask) {
            match task {
                $(AnyTask::$task(task) => $file::write_request(out, task),)+
            }
        }

        pub(crate) fn read_data(kind: TaskKind, e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
            match kind {
                $(TaskKind::$task => $file::read_data(e),)+
            }
        }
    };
}

tasks! {
    CertificatePrepareOrder certificate_prepare_order "documented",
    CertificateCreate certificate_create "documented",
    CertificateRealtime certificate_realtime "derived",
    CertificateReissue certificate_reissue "documented",
    CertificateRenew certificate_renew "documented",
    CertificateRevoke certificate_revoke "documented",
    CertificateDelete certificate_delete "documented",
    CertificateInfo certificate_info "documented",
    CertificateList certificate_list "documented",
    CertificateCommentUpdate certificate_comment_update "derived",
    CertificateInstallCheck certificate_install_check "derived",
    CertificateSiteSeal certificate_site_seal "derived",
    CertificateVmcDataCheck certificate_vmc_data_check "derived",
    ContactCreate contact_create "documented",
    ContactUpdate contact_update "documented",
    ContactDelete contact_delete "documented",
    ContactInfo contact_info "documented",
    ContactList contact_list "documented",
    JobInfo job_info "documented",
    JobList job_list "documented",
    JobCancel job_cancel "derived",
    JobConfirm job_confirm "derived",
    JobResendApproverEmail job_resend_approver_email "derived",
    JobResendPhoneAuthorization job_resend_phone_authorization "derived",
    JobHistoryInfo job_history_info "derived",
    JobHistoryList job_history_list "documented",
    PollInfo poll_info "documented",
    PollConfirm poll_confirm "documented",
    SessionCreate session_create "derived",
    SessionDelete session_delete "documented",
    Hello hello "derived",
}

/// Writes a record in the element that `<data>` has for its kind.
pub(crate) fn write_data(out: &mut Out<'_>, data: &AnyData) {
    match data {
        AnyData::CertificateData(record) => {
            out.element("certificate_request", |out| certificate_data::write(out, record))
        }
        AnyData::Job(record) => out.element("certificate_job", |out| out.element("job", |out| job::write(out, record))),
        AnyData::Certificate(record) => out.element("certificate", |out| certificate::write(out, record)),
        AnyData::ObjectJob(record) => out.element("certificate_job", |out| job::write_object_job(out, record)),
        AnyData::PollMessage(record) => out.element("message", |out| poll_message::write(out, record)),
        AnyData::SslContact(record) => out.element("contact", |out| contact::write(out, record)),
        AnyData::CertificateInstallCheckResult(record) => {
            out.element("certificate_install_check_result", |out| install_check::write(out, record));
        }
        AnyData::SiteSealInformation(record) => {
            out.element("site_seal_information", |out| site_seal::write(out, record));
        }
        AnyData::VmcCheckData(record) => out.element("vmc_check_data", |out| vmc_check_data::write(out, record)),
        AnyData::Session(record) => out.element("auth_session", |out| session::write(out, record)),
    }
}

fn any<T: Into<AnyData>>(records: Vec<T>) -> Vec<AnyData> {
    records.into_iter().map(Into::into).collect()
}
