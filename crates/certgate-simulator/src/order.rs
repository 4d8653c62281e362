//! Orders: taken in, checked, carried out when they are due.

use std::time::Duration;

use certgate_domain::{
    AnyData, Certificate, CertificateHistory, Job, Message, ObjectData, PollMessage, Response, ResponseObject,
    SslContact, to_a_labels,
    words::{AuthMethod, JobStatus, StatusType},
};

use crate::{
    product,
    task::Asked,
    world::{Now, World, answer, message, object, wrong_id, wrong_value},
};

/// An accepted order.
pub(crate) struct Order {
    pub(crate) action: Action,
    pub(crate) job: Job,
    pub(crate) ordered: Certificate,
    stid: String,
    ctid: Option<String>,
    due: Duration,
}

/// What is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Create,
    Reissue,
    Renew,
    Delete,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Reissue => "reissue",
            Self::Renew => "renew",
            Self::Delete => "delete",
        }
    }

    fn by_name(name: &str) -> Option<Self> {
        [Self::Create, Self::Reissue, Self::Renew, Self::Delete].into_iter().find(|action| action.name() == name)
    }
}

impl Order {
    /// All of it in one record: as a message about its job, with what was ordered.
    pub(crate) fn to_message(&self) -> PollMessage {
        let Self { action: _, job, ordered, stid, ctid, due: _ } = self;
        PollMessage {
            job: Some(job.clone()),
            stid: Some(stid.clone()),
            ctid: ctid.clone(),
            object: Some(ResponseObject {
                r#type: Some("certificate".to_owned()),
                data: Some(ObjectData::Certificate(Box::new(ordered.clone()))),
                ..ResponseObject::default()
            }),
            ..PollMessage::default()
        }
    }

    /// The order of such a message, at a time in seconds since 1970 from which the uptime is counted. `None` where it is none.
    pub(crate) fn of_message(message: PollMessage, job_time: Duration, unix: i64) -> Option<Self> {
        let job = message.job?;
        let Some(ObjectData::Certificate(ordered)) = message.object?.data else { return None };
        let action = Action::by_name(job.action.as_deref()?)?;
        let ran = unix.saturating_sub(job.created.as_ref()?.value()?.unix_seconds()?);
        let due = job_time.saturating_sub(Duration::from_secs(u64::try_from(ran).unwrap_or_default()));
        Some(Self { action, job, ordered: *ordered, stid: message.stid?, ctid: message.ctid, due })
    }
}

impl World {
    /// Takes an order in, and answers it.
    pub(crate) fn started(
        &mut self,
        action: Action,
        mut ordered: Certificate,
        asked: &Asked<'_>,
        code: &str,
        text: &str,
    ) -> Response<AnyData> {
        let now = asked.now;
        // It keeps names in A-labels, however they came.
        ordered.name = ordered.name.map(|name| to_a_labels(&name).unwrap_or(name));
        let job = Job {
            id: Some(self.next_job),
            status: Some(JobStatus::Running),
            created: self.moment(now.unix),
            execution: self.moment(now.unix),
            r#type: Some("ssl".to_owned()),
            sub_type: ordered.product.clone(),
            action: Some(action.name().to_owned()),
            ..Job::default()
        };
        let mut answer = answer(code, text, StatusType::Notify);
        let existing = ordered.id.and_then(|id| self.certificates.get(&id));
        let name = ordered.name.as_deref().or_else(|| existing?.name.as_deref());
        answer.object = object("certificate", name);
        // JSON says no more than the job's id; XML its state too, which the codec would say as well if it were here.
        answer.data.push(Job { id: job.id, status: job.status.clone(), ..Job::default() }.into());
        let due = now.uptime + self.settings.job_time;
        let (stid, ctid) = (asked.stid.to_owned(), asked.ctid.map(str::to_owned));
        self.jobs.insert(self.next_job, Order { action, job, ordered, stid, ctid, due });
        self.next_job += 1;
        answer
    }

    /// Does what is due: jobs end, certificates are issued, messages queued.
    pub(crate) fn work(&mut self, now: Now) {
        let running = |order: &Order| order.job.status == Some(JobStatus::Running) && order.due <= now.uptime;
        if self.settings.jobs_never_end {
            return;
        }
        let due: Vec<i64> = self.jobs.iter().filter(|(_, order)| running(order)).map(|(id, _)| *id).collect();
        for id in due {
            let failed = self.settings.jobs_fail || !self.carry_out(id, now);
            self.finish(id, if failed { JobStatus::Failed } else { JobStatus::Success }, now);
        }
    }

    /// Does what was ordered.
    fn carry_out(&mut self, id: i64, now: Now) -> bool {
        let Some(Order { action, ordered, .. }) = self.jobs.get(&id) else { return false };
        let (action, ordered) = (*action, ordered.clone());
        let existing = ordered.id.and_then(|id| self.certificates.get(&id)).cloned();
        if action == Action::Delete {
            return ordered.id.is_some_and(|id| self.certificates.remove(&id).is_some());
        }
        let mut certificate = match (action, existing) {
            (Action::Create, _) => Certificate {
                id: Some(Self::next_id(&self.certificates)),
                order_id: Some(format!("{id}")),
                domain: ordered.name.clone(),
                product: ordered.product.clone(),
                ..Certificate::default()
            },
            (_, Some(existing)) => existing,
            (_, None) => return false,
        };
        let contact = |given: Option<SslContact>| given?.id.and_then(|id| self.contacts.get(&id)).cloned();
        certificate.admin_contact = contact(ordered.admin_contact).or(certificate.admin_contact);
        certificate.technical_contact = contact(ordered.technical_contact).or(certificate.technical_contact);
        certificate.name = ordered.name.or(certificate.name);
        certificate.authentication = ordered.authentication.or(certificate.authentication);
        certificate.lifetime = ordered.lifetime.or(certificate.lifetime);
        certificate.software = ordered.software.or(certificate.software);
        if action != Action::Reissue {
            self.begin_term(&mut certificate, now.unix);
        }
        let csr = ordered.csr.or_else(|| certificate.csr.clone()).unwrap_or_default();
        if let Some(serial) = certificate.serial_number.clone() {
            let order_id = certificate.order_id.clone();
            certificate.histories.push(CertificateHistory { serial_number: Some(serial), order_id, revoked: None });
        }
        if self.issue_into(&mut certificate, &csr, now.unix).is_err() {
            return false;
        }
        let number = certificate.id.unwrap_or_default();
        if let Some(order) = self.jobs.get_mut(&id) {
            order.ordered.id = Some(number);
        }
        self.certificates.insert(number, certificate);
        true
    }

    /// Ends a job and queues its message.
    pub(crate) fn finish(&mut self, id: i64, status: JobStatus, now: Now) {
        let updated = self.moment(now.unix);
        let Some(order) = self.jobs.get_mut(&id) else { return };
        order.job.status = Some(status.clone());
        order.job.updated = updated.clone();
        let (job, stid, ctid) = (order.job.clone(), order.stid.clone(), order.ctid.clone());
        let name = order.ordered.name.clone();
        let certificate = order.ordered.id.and_then(|id| self.certificates.get(&id)).cloned();
        let name = name.or_else(|| certificate.as_ref().and_then(|certificate| certificate.name.clone()));
        let messages = match status {
            JobStatus::Failed => {
                let about = name.as_deref().unwrap_or_default();
                vec![message("EF4001030", "The certification authority refused the order.", "certificate", about)]
            }
            _ => Vec::new(),
        };
        let data = certificate.filter(|_| status == JobStatus::Success);
        let data = data.map(|certificate| ObjectData::Certificate(Box::new(self.shown(&certificate, now.unix))));
        let message = PollMessage {
            id: Some(self.next_message),
            created: updated,
            stid: Some(stid),
            ctid,
            messages,
            object: Some(ResponseObject { r#type: Some("certificate".to_owned()), value: name, summary: None, data }),
            job: Some(job),
            ..PollMessage::default()
        };
        self.queue.insert(self.next_message, message);
        self.next_message += 1;
    }

    /// Whether an order is fit, by the reasons of the real gateway. A renewal may leave out what stays.
    pub(crate) fn check_order(&self, action: Action, ordered: &Certificate) -> Result<(), Message> {
        let wrong = |path: &str, value: &str| Err(wrong_value(path, value));
        let existing = ordered.id.and_then(|id| self.certificates.get(&id));
        if action != Action::Create && existing.is_none() {
            return Err(wrong_id("certificate.id", ordered.id));
        }
        let before = existing.filter(|_| action == Action::Renew);
        let csr = ordered.csr.as_ref().or_else(|| before?.csr.as_ref());
        let Some(csr) = csr else { return wrong("certificate.csr", "") };
        let Some(request) = crate::issue::certifiable(csr) else { return wrong("certificate.csr", "") };
        let name = ordered.name.as_ref().or_else(|| before?.name.as_ref());
        let Some(name) = name else { return wrong("certificate.name", "") };
        if !request.asks_for(name) {
            return wrong("certificate.name", name);
        }
        let product = ordered.product.as_ref().or_else(|| before?.product.as_ref());
        if !product.is_some_and(|product| product::is_known(product))
            || existing.is_some_and(|existing| existing.product.as_ref() != product)
        {
            return wrong("certificate.product", product.map(String::as_str).unwrap_or_default());
        }
        let known = |contact: Option<&SslContact>| {
            contact.and_then(|contact| contact.id).is_some_and(|id| self.contacts.contains_key(&id))
        };
        if !known(ordered.admin_contact.as_ref().or_else(|| before?.admin_contact.as_ref())) {
            return Err(message("EF4001006", "The administrative contact is invalid.", "certificate.admin", ""));
        }
        if !known(ordered.technical_contact.as_ref().or_else(|| before?.technical_contact.as_ref())) {
            return Err(message("EF4001010", "The technical contact is invalid.", "certificate.technical", ""));
        }
        let method = |certificate: &Certificate| -> Option<AuthMethod> {
            certificate.authentication.as_ref().and_then(|authentication| authentication.method.clone())
        };
        let given = method(ordered).or_else(|| method(before?));
        if existing.is_some_and(|existing| method(existing) != given) {
            let given = given.map(|method| method.to_string()).unwrap_or_default();
            return wrong("certificate.authentication.method", &given);
        }
        Ok(())
    }
}
