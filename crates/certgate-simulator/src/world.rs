//! What the gateway knows: certificates, jobs, the queue. No clock: the time comes with each task.

use std::{collections::BTreeMap, time::Duration};

use certgate_domain::{
    AnyData, BasicUser, CaCertificate, CertAuthentication, Certificate, Foreign, Job, Lenient, Message, Moment,
    ObjectData, PollMessage, Response, ResponseObject, SslContact, Status, StatusCode, SubjectAlternativeName,
    TimePeriod, Zone,
    words::{
        AuthMethod, CertificateTransparencyPrivacy, CertificateType, JobStatus, ServerSoftware, SignatureHashAlgorithm,
        StatusType,
    },
};
pub(crate) use certgate_server::{message, refusal};
use certgate_x509::CertificateRequest;
use jiff::{Timestamp, tz::TimeZone};

use crate::{Protocol, Settings, issue::Authority, order::Order, table::Table};

/// When a task is worked on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    /// Since the gateway started.
    pub(crate) uptime: Duration,
    /// Since 1970.
    pub(crate) unix: i64,
}

/// In seconds.
pub(crate) const DAY: i64 = 86_400;

pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) protocol: Protocol,
    pub(crate) certificates: Table<i64, Certificate>,
    pub(crate) contacts: Table<i64, SslContact>,
    /// By their names in lower case.
    pub(crate) zones: Table<String, Zone>,
    pub(crate) jobs: Table<i64, Order>,
    /// By their ids, which are given out in the order in which they came.
    pub(crate) queue: Table<i64, PollMessage>,
    /// Sessions, and when each ends.
    pub(crate) sessions: BTreeMap<String, Duration>,
    /// All that ever were.
    pub(crate) session_ids: Vec<String>,
    pub(crate) authority: Authority,
    pub(crate) random: fastrand::Rng,
    zone: TimeZone,
    pub(crate) next_stid: u64,
    pub(crate) next_job: i64,
    pub(crate) next_message: i64,
}

impl World {
    /// Without anything in it.
    pub(crate) fn empty(settings: Settings, authority: Authority) -> Self {
        Self {
            certificates: Table::new(),
            contacts: Table::new(),
            zones: Table::new(),
            jobs: Table::new(),
            queue: Table::new(),
            sessions: BTreeMap::new(),
            session_ids: Vec::new(),
            authority,
            random: settings.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed),
            zone: TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC),
            next_stid: 1,
            next_job: 4_297_539_521,
            next_message: 1_405_661,
            protocol: Protocol::Json,
            settings,
        }
    }

    /// With what a new one begins with, all its dates counted from that time, in seconds since 1970.
    pub(crate) fn new(settings: Settings, now: i64) -> Result<Self, rcgen::Error> {
        let mut world = Self::empty(settings, Authority::new(now)?);
        world.seed(now)?;
        world.seed_more(now);
        world.seed_zone(now);
        for _ in 0..world.settings.foreign_first {
            world.push_foreign();
        }
        Ok(world)
    }

    /// The documented page's world: certificate 571 and its contacts. The certificate is old: it may be renewed.
    fn seed(&mut self, now: i64) -> Result<(), rcgen::Error> {
        let text = |text: &str| Some(text.to_owned());
        let contact = SslContact {
            fname: text("John"),
            lname: text("Does"),
            phone: text("+49-123-12345"),
            email: text("john.doe@example.com"),
            title: text("Admin"),
            organization: text("Company"),
            address: vec!["123 Main Street".to_owned()],
            pcode: text("12345"),
            city: text("Anytown"),
            country: text("DE"),
            state: text("BY"),
            ..SslContact::by_id(1120)
        };
        let user = BasicUser { user: text("customer"), context: Some(Lenient::Parsed(9)), ..BasicUser::default() };
        let issued_at = now - 340 * DAY;
        let csr = Authority::request("example.com")?;
        let mut certificate = Certificate {
            created: self.moment(issued_at),
            updated: self.moment(issued_at),
            owner: Some(user.clone()),
            updater: Some(user),
            id: Some(571),
            order_id: text("2743098"),
            admin_contact: Some(SslContact { fname: text("Johnny"), ..contact.clone() }),
            technical_contact: Some(contact.clone()),
            name: text("example.com"),
            lifetime: Some(TimePeriod::months(12)),
            software: Some(ServerSoftware::ApacheSsl),
            product: text("QUICKSSLPREMIUM"),
            certificate_type: Some(CertificateType::Fqdn),
            signature_hash_algorithm: Some(SignatureHashAlgorithm::Sha2),
            authentication: Some(CertAuthentication {
                method: Some(AuthMethod::Dns),
                dns: text(
                    "example.com.\t300\tIN\tTXT\t\"201812120900493xe6hfcrtaclrn0poyu106wc2qbw095ifgujkadu4dzbltao8d\"",
                ),
                provisioning: Some(Lenient::Parsed(true)),
                ..CertAuthentication::default()
            }),
            certificate_transparency_privacy: Some(CertificateTransparencyPrivacy::Public),
            domain: text("example.com"),
            ..Certificate::default()
        };
        self.begin_term(&mut certificate, issued_at);
        // The latest of its order: it ends in 20 days like one that lasts a whole term.
        let lasts = self.settings.max_validity.map(|longest| longest.as_secs().cast_signed());
        let latest = lasts.map_or(issued_at, |lasts| (now + 20 * DAY - lasts).clamp(issued_at, now));
        self.issue_into(&mut certificate, &csr, latest)?;
        self.certificates.insert(571, certificate);
        // The one that the documented order names.
        self.contacts.insert(100, SslContact { id: Some(100), ..contact.clone() });
        self.contacts.insert(1120, contact);
        Ok(())
    }

    /// Further certificates for long lists: bare rows, without keys of their own. They end one by one, none of them soon.
    fn seed_more(&mut self, now: i64) {
        let Some(template) = self.certificates.get(&571).cloned() else { return };
        for number in 0..i64::try_from(self.settings.more_certificates).unwrap_or_default() {
            let expires = now + (60 + number % 300) * DAY;
            let issued = expires - 360 * DAY;
            let name = format!("host-{number:06}.example.org");
            let mut row = Certificate {
                id: Some(10_000 + number),
                order_id: Some(format!("{:09}", 300_000_000 + number)),
                created: self.moment(issued),
                updated: self.moment(issued),
                expire: self.moment(expires),
                domain: Some(name.clone()),
                name: Some(name),
                product: template.product.clone(),
                lifetime: template.lifetime.clone(),
                software: template.software.clone(),
                admin_contact: Some(SslContact::by_id(1120)),
                technical_contact: Some(SslContact::by_id(100)),
                authentication: Some(CertAuthentication {
                    method: Some(AuthMethod::Dns),
                    provisioning: Some(Lenient::Parsed(true)),
                    ..CertAuthentication::default()
                }),
                ..Certificate::default()
            };
            if let Some(longest) = self.settings.max_validity {
                row.expire = None;
                self.begin_term(&mut row, issued);
                let days = (longest.as_secs().cast_signed() / DAY).max(1);
                row.expire = self.moment(expires.min(now + (1 + number % days) * DAY));
            }
            self.certificates.insert(10_000 + number, row);
        }
    }

    /// Whether it was changed since it was kept.
    pub(crate) fn is_changed(&self) -> bool {
        let Self { certificates, contacts, zones, jobs, queue, .. } = self;
        certificates.is_changed()
            || contacts.is_changed()
            || zones.is_changed()
            || jobs.is_changed()
            || queue.is_changed()
    }

    /// It is kept as it is now.
    pub(crate) fn kept(&mut self) {
        let Self { certificates, contacts, zones, jobs, queue, .. } = self;
        certificates.kept();
        contacts.kept();
        zones.kept();
        jobs.kept();
        queue.kept();
    }

    /// The next id of a certificate, and of a contact.
    pub(crate) fn next_id<T>(objects: &BTreeMap<i64, T>) -> i64 {
        objects.keys().next_back().copied().unwrap_or_default() + 1
    }

    pub(crate) fn issue_into(
        &mut self,
        certificate: &mut Certificate,
        csr: &str,
        now: i64,
    ) -> Result<(), rcgen::Error> {
        let request = CertificateRequest::from_pem(csr).map_err(|_| rcgen::Error::CouldNotParseCertificationRequest)?;
        certificate.created = certificate.created.take().or_else(|| self.moment(now));
        let from = now.saturating_add(self.settings.valid_after.as_secs().cast_signed());
        let until = self.valid_until(certificate, from);
        if until <= from {
            // Its term ended while it was under way.
            return Err(rcgen::Error::Time);
        }
        let issue = self.authority.issue(&request, from, until, &mut self.random)?;
        let authority = |kind: &str, pem: &str| CaCertificate {
            created: self.moment(now),
            updated: self.moment(now),
            ca_type: Some(kind.to_owned()),
            ca_certificate: Some(pem.replace("\r\n", "\n")),
        };
        certificate.csr = Some(csr.to_owned());
        let further = request.hosts().filter(|name| certificate.name.as_ref() != Some(name));
        certificate.subject_alternative_names = further.map(SubjectAlternativeName::new).collect();
        certificate.server = Some(issue.pem);
        certificate.serial_number = Some(issue.serial);
        certificate.expire = self.moment(issue.not_after);
        certificate.updated = self.moment(now);
        certificate.certification_authority =
            vec![authority("INTERMEDIATE", self.authority.intermediate()), authority("ROOT", self.authority.root())];
        Ok(())
    }

    /// A time as the gateway states it: whole seconds in its zone, so that both protocols say the same.
    pub(crate) fn moment(&self, unix: i64) -> Option<Lenient<Moment>> {
        let timestamp = Timestamp::from_second(unix).ok()?;
        let offset = self.zone.to_offset(timestamp);
        Some(Lenient::Parsed(Moment::new(offset.to_datetime(timestamp), offset)))
    }

    pub(crate) fn stid(&mut self, now: Now) -> String {
        let date = Timestamp::from_second(now.unix).map(|at| self.zone.to_datetime(at).date()).unwrap_or_default();
        let number = self.next_stid;
        self.next_stid += 1;
        format!("{:04}{:02}{:02}-sim-{number}", date.year(), date.month(), date.day())
    }

    /// Queues a message about a domain, as on the documented page.
    pub(crate) fn push_foreign(&mut self) {
        let text = |text: &str| Foreign::Text(text.to_owned());
        let server = |name: &str| Foreign::Map(vec![("name".to_owned(), text(name))]);
        let domain = vec![
            ("name".to_owned(), text("example.net")),
            ("nserver".to_owned(), Foreign::List(vec![server("a.ns14.net"), server("b.ns14.net")])),
            ("authinfo".to_owned(), text("S0Lygv+ZkNbniICm")),
            ("autorenew".to_owned(), text("true")),
        ];
        let message = PollMessage {
            id: Some(self.next_message),
            job: Some(Job {
                id: Some(4_295_625_406),
                status: Some(JobStatus::Success),
                status_code: Some("S0101".to_owned()),
                ..Job::default()
            }),
            stid: Some("20181015-app1-3788".to_owned()),
            created: self.moment(1_539_604_982),
            object: Some(ResponseObject {
                r#type: Some("domain".to_owned()),
                value: Some("example.net".to_owned()),
                summary: None,
                data: Some(ObjectData::Foreign(Foreign::Map(domain))),
            }),
            ..PollMessage::default()
        };
        self.queue.insert(self.next_message, message);
        self.next_message += 1;
    }
}

/// An answer without data.
pub(crate) fn answer(code: &str, text: &str, r#type: StatusType) -> Response<AnyData> {
    let status = Status { code: Some(StatusCode::new(code)), text: Some(text.to_owned()), r#type: Some(r#type) };
    Response { stid: None, ctid: None, status, object: None, messages: Vec::new(), data: Vec::new() }
}

/// `EF01000`: a value is missing or wrong, at that path of the request.
pub(crate) fn wrong_value(path: &str, value: &str) -> Message {
    message("EF01000", "Missing or wrong value.", path, value)
}

/// The same for an id that is not known or not given.
pub(crate) fn wrong_id(path: &str, id: Option<i64>) -> Message {
    wrong_value(path, &id.map(|id| id.to_string()).unwrap_or_default())
}

pub(crate) fn object(r#type: &str, value: Option<&str>) -> Option<ResponseObject> {
    Some(ResponseObject { r#type: Some(r#type.to_owned()), value: value.map(str::to_owned), summary: None, data: None })
}

/// A time as a list compares it.
pub(crate) fn time(said: &Option<Lenient<Moment>>) -> Option<String> {
    said.as_ref()?.value().map(ToString::to_string)
}
