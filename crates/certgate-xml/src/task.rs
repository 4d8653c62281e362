//! The tasks: what their requests and answers hold.

mod certificate_install_check;
mod session_create;
mod session_delete;
mod zone_update_records;

use certgate_domain::{AnyData, AnyTask, Task, TaskKind, task};
use certgate_wire::DecodeError;

use crate::{
    element::Element,
    out::Out,
    record::{InData, Record, job},
};

/// The request of a task, without its code.
trait Request: Sized {
    fn read(task: &Element<'_, '_>) -> Result<Self, DecodeError>;

    fn write(&self, out: &mut Out<'_>);
}

/// The shapes of requests that several tasks share.
macro_rules! request {
    // A code alone.
    ($task:ident nothing) => {
        impl Request for task::$task {
            fn read(_: &Element<'_, '_>) -> Result<Self, DecodeError> {
                Ok(Self)
            }

            fn write(&self, _: &mut Out<'_>) {
                let Self = self;
            }
        }
    };
    // An id in an element of that name.
    ($task:ident id $element:ident) => {
        impl Request for task::$task {
            fn read(task: &Element<'_, '_>) -> Result<Self, DecodeError> {
                Ok(Self { id: task.block([stringify!($element)], |e| e.integer(["id"]))?.flatten() })
            }

            fn write(&self, out: &mut Out<'_>) {
                let Self { id } = self;
                out.element(stringify!($element), |out| out.integer("id", id));
            }
        }
    };
    // The id of a job.
    ($task:ident job) => {
        impl Request for task::$task {
            fn read(task: &Element<'_, '_>) -> Result<Self, DecodeError> {
                Ok(Self { id: job::read_id(task)? })
            }

            fn write(&self, out: &mut Out<'_>) {
                let Self { id } = self;
                job::write_id(out, id);
            }
        }
    };
    // The name of a zone, and its virtual name server.
    ($task:ident zone) => {
        impl Request for task::$task {
            fn read(task: &Element<'_, '_>) -> Result<Self, DecodeError> {
                let read = |e: &Element<'_, '_>| {
                    Ok(Self { origin: e.text(["name"])?, virtual_name_server: e.text(["system_ns"])? })
                };
                Ok(task.block(["zone"], read)?.unwrap_or_default())
            }

            fn write(&self, out: &mut Out<'_>) {
                let Self { origin, virtual_name_server } = self;
                out.element("zone", |out| {
                    out.text(("name", "origin"), origin);
                    out.text(("system_ns", "virtual_name_server"), virtual_name_server);
                });
            }
        }
    };
    // Conditions, order and window of a list.
    ($task:ident query) => {
        impl Request for task::$task {
            fn read(task: &Element<'_, '_>) -> Result<Self, DecodeError> {
                Ok(Self { query: Record::read(task)? })
            }

            fn write(&self, out: &mut Out<'_>) {
                let Self { query } = self;
                query.write(out);
            }
        }
    };
    // A record, in the same element as in answers.
    ($task:ident record $field:ident) => {
        impl Request for task::$task {
            fn read(task: &Element<'_, '_>) -> Result<Self, DecodeError> {
                Ok(Self { $field: InData::read_one(task)?.unwrap_or_default() })
            }

            fn write(&self, out: &mut Out<'_>) {
                let Self { $field } = self;
                $field.write_into(out);
            }
        }
    };
    // A shape of its own, in the file of the task's name.
    ($task:ident own) => {};
}

/// The table of tasks: for each, whether its XML is documented, and the shape of its request. The domain knows the data of its answer.
macro_rules! tasks {
    ($($task:ident $evidence:ident: $shape:ident $(($argument:ident))?,)+) => {
        $(request!($task $shape $($argument)?);)+

        /// Where a task's XML comes from: `documented` by the vendor, or `derived` from the JSON API and related tasks.
        pub fn evidence(kind: TaskKind) -> &'static str {
            match kind {
                $(TaskKind::$task => stringify!($evidence),)+
            }
        }

        pub(crate) fn read_request(kind: TaskKind, task: &Element<'_, '_>) -> Result<AnyTask, DecodeError> {
            match kind {
                $(TaskKind::$task => <task::$task as Request>::read(task).map(AnyTask::from),)+
            }
        }

        pub(crate) fn write_request(out: &mut Out<'_>, task: &AnyTask) {
            match task {
                $(AnyTask::$task(task) => task.write(out),)+
            }
        }

        pub(crate) fn read_data(kind: TaskKind, data: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
            match kind {
                $(TaskKind::$task => read_all::<<task::$task as Task>::Data>(data),)+
            }
        }
    };
}

// The XML gateway has no connection test, so `hello` is PollInfo, the cheapest safe task.
tasks! {
    CertificatePrepareOrder documented: record(request),
    CertificateCreate documented: record(certificate),
    CertificateRealtime derived: record(certificate),
    CertificateReissue documented: record(certificate),
    CertificateRenew documented: record(certificate),
    CertificateRevoke documented: record(certificate),
    CertificateDelete documented: id(certificate),
    CertificateInfo documented: id(certificate),
    CertificateList documented: query,
    CertificateCommentUpdate derived: record(certificate),
    CertificateInstallCheck derived: own,
    CertificateSiteSeal derived: id(certificate),
    CertificateVmcDataCheck derived: record(check),
    ContactCreate documented: record(contact),
    ContactUpdate documented: record(contact),
    ContactDelete documented: id(contact),
    ContactInfo documented: id(contact),
    ContactList documented: query,
    JobInfo documented: job,
    JobList documented: query,
    JobCancel derived: job,
    JobConfirm derived: job,
    JobResendApproverEmail derived: job,
    JobResendPhoneAuthorization derived: job,
    JobHistoryInfo derived: job,
    JobHistoryList documented: query,
    PollInfo documented: nothing,
    PollConfirm documented: id(message),
    SessionCreate derived: own,
    SessionDelete documented: own,
    ZoneList documented: query,
    ZoneInfo documented: zone,
    ZoneCreate documented: record(zone),
    ZoneUpdate documented: record(zone),
    ZoneUpdateRecords documented: own,
    ZoneDelete documented: zone,
    Hello derived: nothing,
}

fn read_all<R: InData + Into<AnyData>>(data: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(R::read_all(data)?.into_iter().map(Into::into).collect())
}

/// Writes a record in the element that `<data>` has for its kind.
pub(crate) fn write_data(out: &mut Out<'_>, data: &AnyData) {
    match data {
        AnyData::Certificate(record) => record.write_into(out),
        AnyData::CertificateData(record) => record.write_into(out),
        AnyData::Job(record) => record.write_into(out),
        AnyData::ObjectJob(record) => record.write_into(out),
        AnyData::PollMessage(record) => record.write_into(out),
        AnyData::SslContact(record) => record.write_into(out),
        AnyData::CertificateInstallCheckResult(record) => record.write_into(out),
        AnyData::SiteSealInformation(record) => record.write_into(out),
        AnyData::VmcCheckData(record) => record.write_into(out),
        AnyData::Session(record) => record.write_into(out),
        AnyData::Zone(record) => record.write_into(out),
    }
}
