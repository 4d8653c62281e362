//! The tasks: what their requests and answers hold.

mod zone_update;
mod zone_update_records;

pub(crate) use zone_update_records::stream_body;

use certgate_domain::{AnyData, AnyTask, Task, TaskKind, task};
use certgate_wire::{DecodeError, excerpt};

use crate::{
    fields::Fields,
    object::{Object, Read},
    record::Record,
    route::PathValues,
};

/// A request to be read: the values in its path, and its body.
pub(crate) struct RequestParts<'o, 't, 'a> {
    pub(crate) path: PathValues,
    pub(crate) body: Option<&'o Object<'t, 'a>>,
}

impl RequestParts<'_, '_, '_> {
    /// The id. It may also be in the body, but must be the same there.
    fn id(&self) -> Result<Option<i64>, DecodeError> {
        let Some(field) = self.body.and_then(|body| body.field("id")) else { return Ok(self.path.id) };
        let number = field.integer()?;
        match self.path.id {
            Some(id) if id != number => {
                Err(field.refuse(excerpt(&number.to_string()), format!("`{id}` as in the path")))
            }
            _ => Ok(Some(number)),
        }
    }

    /// A name in the path, which may also be in the body under that field.
    fn name(&self, in_path: &Option<String>, field: &str) -> Result<Option<String>, DecodeError> {
        let Some(field) = self.body.and_then(|body| body.field(field)) else { return Ok(in_path.clone()) };
        let name = field.text()?;
        match in_path {
            Some(in_path) if !in_path.eq_ignore_ascii_case(&name) => {
                Err(field.refuse(excerpt(&name), format!("{} as in the path", excerpt(in_path))))
            }
            _ => Ok(Some(name)),
        }
    }

    /// The name of a zone, and its virtual name server.
    fn zone(&self) -> Result<(Option<String>, Option<String>), DecodeError> {
        let PathValues { origin, virtual_name_server, .. } = &self.path;
        Ok((self.name(origin, "origin")?, self.name(virtual_name_server, "virtualNameServer")?))
    }

    /// The body as a record; an empty record if there is no body.
    fn body<R: Record + Default>(&self) -> Result<R, DecodeError> {
        Ok(self.body.map(R::read).transpose()?.unwrap_or_default())
    }

    /// Records findings for the rest of the body.
    fn finish(&self) {
        if let Some(body) = self.body {
            body.finish();
        }
    }
}

/// The request of a task.
trait Request: Sized {
    fn read(parts: &RequestParts<'_, '_, '_>) -> Result<Self, DecodeError>;

    /// Writes the body, the id of the path first.
    fn write(&self, fields: &mut Fields);
}

/// The shapes of requests that several tasks share.
macro_rules! request {
    // A route alone.
    ($task:ident nothing) => {
        impl Request for task::$task {
            fn read(parts: &RequestParts<'_, '_, '_>) -> Result<Self, DecodeError> {
                parts.finish();
                Ok(Self)
            }

            fn write(&self, _: &mut Fields) {
                let Self = self;
            }
        }
    };
    // An id in the path.
    ($task:ident id) => {
        impl Request for task::$task {
            fn read(parts: &RequestParts<'_, '_, '_>) -> Result<Self, DecodeError> {
                let id = parts.id()?;
                parts.finish();
                Ok(Self { id })
            }

            fn write(&self, fields: &mut Fields) {
                let Self { id } = self;
                fields.integer("id", id);
            }
        }
    };
    // The name of a zone and its virtual name server, in the path.
    ($task:ident zone) => {
        impl Request for task::$task {
            fn read(parts: &RequestParts<'_, '_, '_>) -> Result<Self, DecodeError> {
                let (origin, virtual_name_server) = parts.zone()?;
                parts.finish();
                Ok(Self { origin, virtual_name_server })
            }

            fn write(&self, fields: &mut Fields) {
                let Self { origin, virtual_name_server } = self;
                fields.text("origin", origin);
                fields.text("virtualNameServer", virtual_name_server);
            }
        }
    };
    // A field of the body alone.
    ($task:ident field $field:ident $kind:ident) => {
        impl Request for task::$task {
            fn read(parts: &RequestParts<'_, '_, '_>) -> Result<Self, DecodeError> {
                let $field = parts.body.map(|body| body.$kind([stringify!($field)])).transpose()?.flatten();
                parts.finish();
                Ok(Self { $field })
            }

            fn write(&self, fields: &mut Fields) {
                let Self { $field } = self;
                fields.$kind(stringify!($field), $field);
            }
        }
    };
    // A record in the body.
    ($task:ident body $field:ident) => {
        impl Request for task::$task {
            fn read(parts: &RequestParts<'_, '_, '_>) -> Result<Self, DecodeError> {
                Ok(Self { $field: parts.body()? })
            }

            fn write(&self, fields: &mut Fields) {
                let Self { $field } = self;
                $field.write(fields);
            }
        }
    };
    // A record in the body, its id in the path.
    ($task:ident body_with_id $field:ident) => {
        impl Request for task::$task {
            fn read(parts: &RequestParts<'_, '_, '_>) -> Result<Self, DecodeError> {
                let id = parts.id()?;
                let mut task = Self { $field: parts.body()? };
                task.$field.id = id;
                Ok(task)
            }

            fn write(&self, fields: &mut Fields) {
                let Self { $field } = self;
                fields.integer("id", &$field.id);
                $field.write(fields);
            }
        }
    };
    // A shape of its own, in the file of the task's name.
    ($task:ident own) => {};
}

/// A way to read a task's request.
type ReadRequest = fn(&RequestParts<'_, '_, '_>) -> Result<AnyTask, DecodeError>;

/// The table of tasks, with the shape of each request. The domain knows the data of its answer.
macro_rules! tasks {
    ($($task:ident: $shape:ident $(($($argument:ident)+))?,)+) => {
        $(request!($task $shape $($($argument)+)?);)+

        /// The readers for requests of a kind, and for the data of its answers.
        pub(crate) fn readers(kind: TaskKind) -> (ReadRequest, Read<AnyData>) {
            match kind {
                $(TaskKind::$task => (
                    |parts| <task::$task as Request>::read(parts).map(AnyTask::from),
                    |object| <<task::$task as Task>::Data as Record>::read(object).map(AnyData::from),
                ),)+
            }
        }

        /// Writes the request of a task, its id first.
        pub(crate) fn write(task: &AnyTask, fields: &mut Fields) {
            match task {
                $(AnyTask::$task(task) => task.write(fields),)+
            }
        }
    };
}

tasks! {
    CertificatePrepareOrder: body(request),
    CertificateCreate: body(certificate),
    CertificateRealtime: body(certificate),
    CertificateReissue: body_with_id(certificate),
    CertificateRenew: body_with_id(certificate),
    CertificateRevoke: body_with_id(certificate),
    CertificateDelete: id,
    CertificateInfo: id,
    CertificateList: body(query),
    CertificateCommentUpdate: body_with_id(certificate),
    CertificateInstallCheck: field(hostname text),
    CertificateSiteSeal: id,
    CertificateVmcDataCheck: body(check),
    ContactCreate: body(contact),
    ContactUpdate: body_with_id(contact),
    ContactDelete: id,
    ContactInfo: id,
    ContactList: body(query),
    JobInfo: id,
    JobList: body(query),
    JobCancel: id,
    JobConfirm: id,
    JobResendApproverEmail: id,
    JobResendPhoneAuthorization: id,
    JobHistoryInfo: id,
    JobHistoryList: body(query),
    PollInfo: nothing,
    PollConfirm: id,
    // The credentials in the body are the call's own: `crate::session` sees to them.
    SessionCreate: field(timeout integer),
    // It has no body: `crate::header` sees to the session.
    SessionDelete: field(session secret),
    ZoneList: body(query),
    ZoneInfo: zone,
    ZoneCreate: body(zone),
    ZoneUpdate: own,
    ZoneUpdateRecords: own,
    ZoneDelete: zone,
    Hello: nothing,
}

/// Writes an object of the data of an answer.
pub(crate) fn write_data(data: &AnyData, fields: &mut Fields) {
    match data {
        AnyData::Certificate(record) => record.write(fields),
        AnyData::CertificateData(record) => record.write(fields),
        AnyData::Job(record) => record.write(fields),
        AnyData::ObjectJob(record) => record.write(fields),
        AnyData::PollMessage(record) => record.write(fields),
        AnyData::SslContact(record) => record.write(fields),
        AnyData::CertificateInstallCheckResult(record) => record.write(fields),
        AnyData::SiteSealInformation(record) => record.write(fields),
        AnyData::VmcCheckData(record) => record.write(fields),
        AnyData::Session(record) => record.write(fields),
        AnyData::Zone(record) => record.write(fields),
    }
}
