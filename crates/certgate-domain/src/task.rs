//! The one list of tasks.

use crate::{
    Certificate, CertificateData, CertificateInstallCheckResult, Data, Job, ObjectJob, PollMessage, Protocol, Session,
    SiteSealInformation, SslContact, VmcCheckData, Zone,
};

mod by_id;
mod certificate_comment_update;
mod certificate_create;
mod certificate_install_check;
mod certificate_list;
mod certificate_prepare_order;
mod certificate_realtime;
mod certificate_reissue;
mod certificate_renew;
mod certificate_revoke;
mod certificate_vmc_data_check;
mod contact_create;
mod contact_list;
mod contact_update;
mod hello;
mod job_history_list;
mod job_list;
mod poll_info;
mod session_create;
mod session_delete;
mod zone_create;
mod zone_delete;
mod zone_info;
mod zone_list;
mod zone_update;
mod zone_update_records;

pub use by_id::{
    CertificateDelete, CertificateInfo, CertificateSiteSeal, ContactDelete, ContactInfo, JobCancel, JobConfirm,
    JobHistoryInfo, JobInfo, JobResendApproverEmail, JobResendPhoneAuthorization, PollConfirm,
};
pub use certificate_comment_update::CertificateCommentUpdate;
pub use certificate_create::CertificateCreate;
pub use certificate_install_check::CertificateInstallCheck;
pub use certificate_list::CertificateList;
pub use certificate_prepare_order::CertificatePrepareOrder;
pub use certificate_realtime::CertificateRealtime;
pub use certificate_reissue::CertificateReissue;
pub use certificate_renew::CertificateRenew;
pub use certificate_revoke::CertificateRevoke;
pub use certificate_vmc_data_check::CertificateVmcDataCheck;
pub use contact_create::ContactCreate;
pub use contact_list::ContactList;
pub use contact_update::ContactUpdate;
pub use hello::Hello;
pub use job_history_list::JobHistoryList;
pub use job_list::JobList;
pub use poll_info::PollInfo;
pub use session_create::SessionCreate;
pub use session_delete::SessionDelete;
pub use zone_create::ZoneCreate;
pub use zone_delete::ZoneDelete;
pub use zone_info::ZoneInfo;
pub use zone_list::ZoneList;
pub use zone_update::ZoneUpdate;
pub use zone_update_records::ZoneUpdateRecords;

/// A task: a request and what its answer carries.
pub trait Task: Into<AnyTask> {
    /// What its answer carries.
    type Data: Data;
    /// Which one it is.
    const KIND: TaskKind;
}

/// When a task's result comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// With the answer: `S…` or `E…`.
    Sync,
    /// Later, as a notification: the answer is `N…` and holds a job's id.
    Async,
}

macro_rules! tasks {
    ($($task:ident $name:literal $code:literal $mode:ident $safe:ident -> $data:ident;)+) => {
        /// Which task.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum TaskKind {
            $(#[doc = concat!("Task ", $code, ", `", $name, "`: see [`", stringify!($task), "`].")] $task,)+
        }

        impl TaskKind {
            /// Every task.
            pub const ALL: &'static [Self] = &[$(Self::$task,)+];

            /// Its name on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$task => $name,)+ }
            }

            /// Its code in the XML gateway: text, since leading zeros count.
            pub fn code(self) -> &'static str {
                match self { $(Self::$task => $code,)+ }
            }

            /// When its result comes.
            pub fn mode(self) -> Mode {
                match self { $(Self::$task => Mode::$mode,)+ }
            }

            /// Whether sending it twice does no more than sending it once.
            pub fn is_safe_to_repeat(self) -> bool {
                match self { $(Self::$task => tasks!(@$safe),)+ }
            }
        }

        /// A task of any kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum AnyTask {
            $(#[doc = concat!("See [`", stringify!($task), "`].")] $task(Box<$task>),)+
        }

        impl AnyTask {
            /// Which one it is.
            pub fn kind(&self) -> TaskKind {
                match self { $(Self::$task(_) => TaskKind::$task,)+ }
            }
        }

        $(
            impl From<$task> for AnyTask {
                fn from(task: $task) -> Self {
                    Self::$task(Box::new(task))
                }
            }

            impl Task for $task {
                type Data = $data;
                const KIND: TaskKind = TaskKind::$task;
            }
        )+
    };
    (@safe) => { true };
    (@once) => { false };
}

tasks! {
    CertificatePrepareOrder "certificate-prepare-order" "400110" Sync safe -> CertificateData;
    CertificateCreate "certificate-create" "400101" Async once -> Job;
    CertificateRealtime "certificate-realtime" "4001012" Sync once -> Certificate;
    CertificateReissue "certificate-reissue" "400102" Async once -> Job;
    CertificateRenew "certificate-renew" "400106" Async once -> Job;
    CertificateRevoke "certificate-revoke" "4001031" Sync once -> Job;
    CertificateDelete "certificate-delete" "400103" Async once -> Job;
    CertificateInfo "certificate-info" "400104" Sync safe -> Certificate;
    CertificateList "certificate-list" "400105" Sync safe -> Certificate;
    CertificateCommentUpdate "certificate-comment-update" "4001024" Sync safe -> Certificate;
    CertificateInstallCheck "certificate-install-check" "4001013" Sync safe -> CertificateInstallCheckResult;
    CertificateSiteSeal "certificate-site-seal" "4001014" Sync safe -> SiteSealInformation;
    CertificateVmcDataCheck "certificate-vmc-data-check" "4001015" Sync safe -> VmcCheckData;
    ContactCreate "contact-create" "400201" Sync once -> SslContact;
    ContactUpdate "contact-update" "400202" Sync safe -> SslContact;
    ContactDelete "contact-delete" "400203" Sync once -> SslContact;
    ContactInfo "contact-info" "400204" Sync safe -> SslContact;
    ContactList "contact-list" "400205" Sync safe -> SslContact;
    JobInfo "job-info" "400114" Sync safe -> ObjectJob;
    JobList "job-list" "400115" Sync safe -> ObjectJob;
    JobCancel "job-cancel" "400121" Sync once -> ObjectJob;
    JobConfirm "job-confirm" "400122" Sync once -> ObjectJob;
    JobResendApproverEmail "job-resend-approver-email" "400118" Sync once -> ObjectJob;
    JobResendPhoneAuthorization "job-resend-phone-authorization" "400119" Sync once -> ObjectJob;
    JobHistoryInfo "job-history-info" "400134" Sync safe -> ObjectJob;
    JobHistoryList "job-history-list" "400135" Sync safe -> ObjectJob;
    PollInfo "poll-info" "0905" Sync safe -> PollMessage;
    PollConfirm "poll-confirm" "0906" Sync safe -> PollMessage;
    SessionCreate "session-create" "1321001" Sync safe -> Session;
    SessionDelete "session-delete" "1321003" Sync safe -> Session;
    ZoneList "zone-list" "0205" Sync safe -> Zone;
    ZoneInfo "zone-info" "0205" Sync safe -> Zone;
    ZoneCreate "zone-create" "0201" Sync once -> Zone;
    ZoneUpdate "zone-update" "0202" Sync safe -> Zone;
    ZoneUpdateRecords "zone-update-records" "0202001" Sync once -> Zone;
    ZoneDelete "zone-delete" "0203" Sync once -> Zone;
    Hello "hello" "0905" Sync safe -> PollMessage;
}

impl AnyTask {
    /// What it lacks to be sent, by the JSON API's name of the field.
    pub fn missing(&self) -> Option<&'static str> {
        let of_order = |certificate: &Certificate| {
            [("csr", certificate.csr.is_some()), ("product", certificate.product.is_some())]
        };
        let needs: &[(&str, bool)] = match self {
            Self::CertificatePrepareOrder(task) => &[("plain", task.request.plain.is_some())],
            Self::CertificateCreate(task) => &of_order(&task.certificate),
            Self::CertificateRealtime(task) => &of_order(&task.certificate),
            Self::CertificateReissue(task) => {
                &[("id", task.certificate.id.is_some()), ("csr", task.certificate.csr.is_some())]
            }
            Self::CertificateRenew(task) => &[("id", task.certificate.id.is_some())],
            Self::CertificateRevoke(task) => {
                &[("id", task.certificate.id.is_some()), ("serialNumber", task.certificate.serial_number.is_some())]
            }
            Self::CertificateDelete(task) => &[("id", task.id.is_some())],
            Self::CertificateInfo(task) => &[("id", task.id.is_some())],
            Self::CertificateCommentUpdate(task) => &[("id", task.certificate.id.is_some())],
            Self::CertificateInstallCheck(task) => &[("hostname", task.hostname.is_some())],
            Self::CertificateSiteSeal(task) => &[("id", task.id.is_some())],
            Self::ContactUpdate(task) => &[("id", task.contact.id.is_some())],
            Self::ContactDelete(task) => &[("id", task.id.is_some())],
            Self::ContactInfo(task) => &[("id", task.id.is_some())],
            Self::JobInfo(task) => &[("id", task.id.is_some())],
            Self::JobCancel(task) => &[("id", task.id.is_some())],
            Self::JobConfirm(task) => &[("id", task.id.is_some())],
            Self::JobResendApproverEmail(task) => &[("id", task.id.is_some())],
            Self::JobResendPhoneAuthorization(task) => &[("id", task.id.is_some())],
            Self::JobHistoryInfo(task) => &[("id", task.id.is_some())],
            Self::PollConfirm(task) => &[("id", task.id.is_some())],
            Self::SessionDelete(task) => &[("session", task.session.is_some())],
            Self::ZoneInfo(task) => &[("origin", task.origin.is_some())],
            Self::ZoneCreate(task) => &[("origin", task.zone.origin.is_some())],
            Self::ZoneUpdate(task) => &[("origin", task.zone.origin.is_some())],
            Self::ZoneUpdateRecords(task) => &[
                ("origin", task.origin.is_some() || task.name.is_some()),
                ("resourceRecordsAdd", !task.add.is_empty() || !task.remove.is_empty()),
            ],
            Self::ZoneDelete(task) => &[("origin", task.origin.is_some())],
            Self::CertificateList(_)
            | Self::CertificateVmcDataCheck(_)
            | Self::ContactCreate(_)
            | Self::ContactList(_)
            | Self::JobList(_)
            | Self::JobHistoryList(_)
            | Self::PollInfo(_)
            | Self::SessionCreate(_)
            | Self::ZoneList(_)
            | Self::Hello(_) => &[],
        };
        needs.iter().find(|(_, is_there)| !is_there).map(|(name, _)| *name)
    }

    /// The number in the status of its answer over that protocol.
    ///
    /// ```
    /// use certgate_domain::{AnyTask, Protocol, task::ZoneUpdateRecords};
    /// let task = ZoneUpdateRecords { name: Some("shop.example".to_owned()), ..ZoneUpdateRecords::default() };
    /// assert_eq!(AnyTask::from(task).status_number(Protocol::Json), "0202002");
    /// ```
    pub fn status_number(&self, protocol: Protocol) -> &'static str {
        match self {
            Self::ZoneUpdateRecords(task) => task.status_number(protocol),
            task => task.kind().status_number(protocol),
        }
    }
}

impl TaskKind {
    /// The task of that command line name.
    ///
    /// ```
    /// use certgate_domain::TaskKind;
    /// assert_eq!(TaskKind::by_name("certificate-reissue"), Some(TaskKind::CertificateReissue));
    /// ```
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The task of that XML code. Of two with one code it is the first: `0905` is [`PollInfo`], whose code [`Hello`] borrows, and
    /// `0205` is [`ZoneList`], where only the shape of the request tells [`ZoneInfo`] from it.
    pub fn by_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// The number in the status of its answers over that protocol, but for those that [`AnyTask::status_number`] tells apart. JSON has a
    /// family of its own for jobs, but not for what is sent once more, and a `hello` of its own.
    ///
    /// ```
    /// use certgate_domain::{Protocol, TaskKind};
    /// assert_eq!(TaskKind::JobInfo.status_number(Protocol::Xml), "400114");
    /// assert_eq!(TaskKind::JobInfo.status_number(Protocol::Json), "300114");
    /// ```
    pub fn status_number(self, protocol: Protocol) -> &'static str {
        match (protocol, self) {
            (Protocol::Json, Self::JobInfo) => "300114",
            (Protocol::Json, Self::JobList) => "300115",
            (Protocol::Json, Self::JobCancel) => "300121",
            (Protocol::Json, Self::JobConfirm) => "300122",
            (Protocol::Json, Self::JobHistoryInfo) => "300134",
            (Protocol::Json, Self::JobHistoryList) => "300135",
            (Protocol::Json, Self::Hello) => "00000",
            (_, kind) => kind.code(),
        }
    }

    /// Whether its answer is a list, which may be an empty one.
    pub fn is_list(self) -> bool {
        matches!(
            self,
            Self::CertificateList | Self::ContactList | Self::JobList | Self::JobHistoryList | Self::ZoneList
        )
    }

    /// Whether asking changes nothing at the gateway: it may be asked as often as one likes, by whomever.
    pub fn changes_nothing(self) -> bool {
        match self {
            Self::CertificatePrepareOrder
            | Self::CertificateInfo
            | Self::CertificateList
            | Self::CertificateInstallCheck
            | Self::CertificateSiteSeal
            | Self::CertificateVmcDataCheck
            | Self::ContactInfo
            | Self::ContactList
            | Self::JobInfo
            | Self::JobList
            | Self::JobHistoryInfo
            | Self::JobHistoryList
            | Self::PollInfo
            | Self::ZoneList
            | Self::ZoneInfo
            | Self::Hello => true,
            Self::CertificateCreate
            | Self::CertificateRealtime
            | Self::CertificateReissue
            | Self::CertificateRenew
            | Self::CertificateRevoke
            | Self::CertificateDelete
            | Self::CertificateCommentUpdate
            | Self::ContactCreate
            | Self::ContactUpdate
            | Self::ContactDelete
            | Self::JobCancel
            | Self::JobConfirm
            | Self::JobResendApproverEmail
            | Self::JobResendPhoneAuthorization
            | Self::PollConfirm
            | Self::SessionCreate
            | Self::SessionDelete
            | Self::ZoneCreate
            | Self::ZoneUpdate
            | Self::ZoneUpdateRecords
            | Self::ZoneDelete => false,
        }
    }
}
