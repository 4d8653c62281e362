//! `certgate job`.

use certgate_domain::{
    AnyTask,
    task::{
        JobCancel, JobConfirm, JobHistoryInfo, JobHistoryList, JobInfo, JobList, JobResendApproverEmail,
        JobResendPhoneAuthorization,
    },
};
use clap::Subcommand;

use crate::{
    app::{App, Connection},
    common::exchange::{exchange, send},
    exit::{Exit, Failure},
    ui::{confirm::ask, document, listing::Listing},
};

/// The orders that the gateway works on
#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    /// Show a job
    #[command(after_help = "Example:\n  certgate job info 4297539521")]
    Info {
        /// The job's id
        id: i64,
        /// Among the finished ones
        #[arg(long)]
        history: bool,
    },
    /// List jobs (exit 8 where there is none)
    #[command(after_help = "Example:\n  certgate job list --filter object=example.com --order created:desc")]
    List {
        #[command(flatten)]
        listing: Listing,
        /// The finished ones
        #[arg(long)]
        history: bool,
    },
    /// Cancel a running job
    #[command(after_help = "Example:\n  certgate job cancel 4297539521 --yes")]
    Cancel {
        /// The job's id
        id: i64,
        /// Do it without asking
        #[arg(short, long)]
        yes: bool,
    },
    /// Confirm a job that waits for it
    #[command(after_help = "Example:\n  certgate job confirm 4297539521")]
    Confirm {
        /// The job's id
        id: i64,
    },
    /// Send the mail to the approver once more
    #[command(after_help = "Example:\n  certgate job resend-mail 4297539521")]
    ResendMail {
        /// The job's id
        id: i64,
    },
    /// Have the applicant called once more
    #[command(after_help = "Example:\n  certgate job resend-call 4297539521")]
    ResendCall {
        /// The job's id
        id: i64,
    },
}

impl Job {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let (task, said) = match self {
            Self::Info { id, history: false } => return send(app, &JobInfo::new(id).into()).map(|_| Exit::DONE),
            Self::Info { id, history: true } => return send(app, &JobHistoryInfo::new(id).into()).map(|_| Exit::DONE),
            Self::List { listing, history } => {
                let columns = ["job.id", "job.status", "job.subStatus", "job.action", "object.value", "job.updated"];
                return listing.run(app, Connection::open(app, None)?, &columns, |query| {
                    if history { JobHistoryList { query }.into() } else { JobList { query }.into() }
                });
            }
            Self::Cancel { id, yes } => {
                ask(yes, &format!("Cancel job {id}? It cannot be undone."))?;
                (AnyTask::from(JobCancel::new(id)), format!("cancelled: {id}"))
            }
            Self::Confirm { id } => (JobConfirm::new(id).into(), format!("confirmed: {id}")),
            Self::ResendMail { id } => (JobResendApproverEmail::new(id).into(), format!("mail sent: {id}")),
            Self::ResendCall { id } => (JobResendPhoneAuthorization::new(id).into(), format!("call ordered: {id}")),
        };
        document::done(app, &exchange(app, &task)?, &said)?;
        Ok(Exit::DONE)
    }
}
