//! What the gateway does for each task: a file each, and one for all about jobs.

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
    ($($task:ident $run:path,)+) => {
        fn carry_out(world: &mut World, task: &AnyTask, asked: &Asked<'_>) -> Response<AnyData> {
            match task {
                $(AnyTask::$task(task) => $run(world, task, asked),)+
            }
        }
    };
}

tasks! {
    CertificatePrepareOrder certificate_prepare_order::run,
    CertificateCreate certificate_create::run,
    CertificateRealtime certificate_realtime::run,
    CertificateReissue certificate_reissue::run,
    CertificateRenew certificate_renew::run,
    CertificateRevoke certificate_revoke::run,
    CertificateDelete certificate_delete::run,
    CertificateInfo certificate_info::run,
    CertificateList certificate_list::run,
    CertificateCommentUpdate certificate_comment_update::run,
    CertificateInstallCheck certificate_install_check::run,
    CertificateSiteSeal certificate_site_seal::run,
    CertificateVmcDataCheck certificate_vmc_data_check::run,
    ContactCreate contact_create::run,
    ContactUpdate contact_update::run,
    ContactDelete contact_delete::run,
    ContactInfo contact_info::run,
    ContactList contact_list::run,
    JobInfo job::info,
    JobList job::list,
    JobCancel job::cancel,
    JobConfirm job::confirm,
    JobResendApproverEmail job::resend_mail,
    JobResendPhoneAuthorization job::resend_call,
    JobHistoryInfo job::history_info,
    JobHistoryList job::history_list,
    PollInfo poll_info::run,
    PollConfirm poll_confirm::run,
    SessionCreate session_create::run,
    SessionDelete session_delete::run,
    ZoneList zone_list::run,
    ZoneInfo zone_info::run,
    ZoneCreate zone_create::run,
    ZoneUpdate zone_update::run,
    ZoneUpdateRecords zone_update_records::run,
    ZoneDelete zone_delete::run,
    Hello hello::run,
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
