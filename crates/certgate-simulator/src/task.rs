//! One file a task: what the gateway does for it.

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
mod job;
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
mod zone_create;
mod zone_delete;
mod zone_info;
mod zone_list;
mod zone_update;
mod zone_update_records;

use certgate_domain::{AnyData, AnyTask, Call, Response};

use crate::world::{Now, World};

/// What a task comes with.
pub(crate) struct Asked<'c> {
    pub(crate) stid: &'c str,
    pub(crate) ctid: Option<&'c str>,
    pub(crate) now: Now,
}

macro_rules! tasks {
    ($($task:ident $file:ident,)+) => {
        fn carry_out(world: &mut World, task: &AnyTask, asked: &Asked<'_>) -> Response<AnyData> {
            match task {
                $(AnyTask::$task(task) => $file::run(world, task, asked),)+
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
    ZoneList zone_list,
    ZoneInfo zone_info,
    ZoneCreate zone_create,
    ZoneUpdate zone_update,
    ZoneUpdateRecords zone_update_records,
    ZoneDelete zone_delete,
    Hello hello,
}

/// Carries a task out.
pub(crate) fn run(world: &mut World, call: &Call, now: Now) -> Response<AnyData> {
    world.work(now);
    let stid = world.stid(now);
    let asked = Asked { stid: &stid, ctid: call.options.ctid.as_deref(), now };
    let mut answer = carry_out(world, &call.task, &asked);
    answer.ctid = call.options.ctid.clone();
    answer.stid = Some(stid);
    answer
}
