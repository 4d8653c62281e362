//! The one list of tasks.

use crate::{Certificate, CertificateData, Data, Job, ObjectJob, PollMessage};

mod certificate_info;
mod certificate_prepare_order;
mod certificate_reissue;
mod hello;
mod job_info;
mod poll_confirm;
mod poll_info;

pub use certificate_info::CertificateInfo;
pub use certificate_prepare_order::CertificatePrepareOrder;
pub use certificate_reissue::CertificateReissue;
pub use hello::Hello;
pub use job_info::JobInfo;
pub use poll_confirm::PollConfirm;
pub use poll_info::PollInfo;

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
        #[non_exhaustive]
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
        #[non_exhaustive]
        pub enum AnyTask {
            $(#[doc = concat!("See [`", stringify!($task), "`].")] $task(Box<$task>),)+
        }

        impl AnyTask {
            /// Which one it is.
            pub fn kind(&self) -> TaskKind {
                match self { $(Self::$task(_) => TaskKind::$task,)+ }
            }

            /// What it lacks to be sent, by the JSON API's name of the field.
            pub fn missing(&self) -> Option<&'static str> {
                match self { $(Self::$task(task) => task.missing(),)+ }
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
    CertificateReissue "certificate-reissue" "400102" Async once -> Job;
    CertificateInfo "certificate-info" "400104" Sync safe -> Certificate;
    JobInfo "job-info" "400114" Sync safe -> ObjectJob;
    PollInfo "poll-info" "0905" Sync safe -> PollMessage;
    PollConfirm "poll-confirm" "0906" Sync safe -> PollMessage;
    Hello "hello" "0905" Sync safe -> PollMessage;
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

    /// The task of that XML code. `0905` is [`PollInfo`]: [`Hello`] borrows its code.
    pub fn by_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}
