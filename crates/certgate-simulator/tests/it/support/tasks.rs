//! A task of every kind, and what is comparable of their answers.

use certgate_domain::Protocol;
use certgate_domain::{
    AnyData, AnyTask, CertAuthentication, Certificate, CertificateData, Credentials, Lenient, MainAddress, NameServer,
    Query, QueryFilter, QueryOrder, QueryView, ResourceRecord, Response, Secret, Soa, SslContact,
    SubjectAlternativeName, TaskKind, TimePeriod, VmcCheckData, Zone, task,
    words::{AuthMethod, Condition, NameServerAction, Operator, OrderMode, ServerSoftware},
};
use certgate_json::{JsonCodec, document};
use certgate_wire::Codec;
use certgate_xml::XmlCodec;

const CSR: &str = include_str!("../../../../../fixtures/_keys/example.com.csr");

pub(crate) fn order(id: Option<i64>) -> Certificate {
    Certificate {
        id,
        csr: Some(CSR.to_owned()),
        name: Some("example.com".to_owned()),
        product: Some("QUICKSSLPREMIUM".to_owned()),
        software: Some(ServerSoftware::Apache2),
        lifetime: Some(TimePeriod::months(12)),
        admin_contact: Some(SslContact::by_id(1120)),
        technical_contact: Some(SslContact::by_id(100)),
        authentication: Some(CertAuthentication {
            method: Some(AuthMethod::Dns),
            provisioning: Some(Lenient::Parsed(true)),
            ..CertAuthentication::default()
        }),
        subject_alternative_names: vec![SubjectAlternativeName::new("www.example.com")],
        ..Certificate::default()
    }
}

fn contact(id: Option<i64>) -> SslContact {
    let text = |text: &str| Some(text.to_owned());
    SslContact {
        id,
        fname: text("Jürgen"),
        lname: text("O'Neil & <Sons>"),
        email: text("j@example.com"),
        organization: text("Company"),
        pcode: text("12345"),
        address: vec!["123 Main Street".to_owned()],
        country: text("DE"),
        ..SslContact::default()
    }
}

fn query(key: &str, value: &str) -> Query {
    let alternative = |value: &str| QueryFilter {
        link: Some(Condition::Or),
        ..QueryFilter::new("id", Operator::GreaterEqual, value)
    };
    Query {
        filters: vec![
            QueryFilter { link: Some(Condition::And), ..QueryFilter::new(key, Operator::Like, value) },
            QueryFilter {
                link: Some(Condition::And),
                filters: vec![alternative("1"), alternative("7")],
                ..QueryFilter::default()
            },
        ],
        view: Some(QueryView {
            limit: Some(10),
            offset: Some(0),
            children: Some(Lenient::Parsed(false)),
            ..QueryView::default()
        }),
        orders: vec![QueryOrder { key: Some("updated".to_owned()), r#type: Some(OrderMode::Desc), ins: Vec::new() }],
    }
}

/// A zone with a value in most fields.
pub(crate) fn zone(origin: &str, virtual_name_server: &str) -> Zone {
    let text = |text: &str| Some(text.to_owned());
    Zone {
        origin: text(origin),
        virtual_name_server: text(virtual_name_server),
        action: Some(NameServerAction::Complete),
        www_include: Some(Lenient::Parsed(true)),
        main: Some(MainAddress { address: text("192.0.2.9"), ttl: Some(600) }),
        soa: Some(Soa { level: Some(1), email: text("hostmaster@example.com"), ..Soa::default() }),
        name_servers: vec![
            NameServer { name: text(virtual_name_server), ttl: Some(86_400), ip_addresses: vec![] },
            NameServer { name: text("ns2.dns.example"), ttl: None, ip_addresses: vec!["192.0.2.53".to_owned()] },
        ],
        grants: vec!["192.0.2.7".to_owned(), "192.0.2.8".to_owned()],
        free_text: vec!["first".to_owned(), "second".to_owned()],
        resource_records: vec![
            ResourceRecord {
                pref: Some(10),
                r#type: text("MX"),
                value: text("mail.example.com"),
                ..ResourceRecord::default()
            },
            ResourceRecord { ttl: Some(300), ..ResourceRecord::txt("_dnsauth", "Größe") },
        ],
        ..Zone::default()
    }
}

fn zones(name: &str) -> Query {
    let view =
        QueryView { limit: Some(10), offset: Some(0), children: Some(Lenient::Parsed(true)), ..Default::default() };
    Query {
        filters: vec![QueryFilter::new("name", Operator::Like, name)],
        view: Some(view),
        orders: vec![QueryOrder { key: Some("updated".to_owned()), r#type: Some(OrderMode::Desc), ins: Vec::new() }],
    }
}

/// A task of each kind, and the one to send before so that it has something to do.
pub(crate) fn tasks(session: &Secret, serial: &str) -> Vec<(AnyTask, Option<AnyTask>)> {
    let first_job = 4_297_539_521;
    let reissue = || Some(AnyTask::from(task::CertificateReissue { certificate: order(Some(571)) }));
    let alone = |task: AnyTask| (task, None);
    vec![
        alone(
            task::CertificatePrepareOrder {
                request: CertificateData { plain: Some(CSR.to_owned()), ..Default::default() },
            }
            .into(),
        ),
        alone(task::CertificateCreate { certificate: order(None) }.into()),
        alone(task::CertificateRealtime { certificate: order(None) }.into()),
        alone(task::CertificateReissue { certificate: order(Some(571)) }.into()),
        alone(task::CertificateRenew { certificate: order(Some(571)) }.into()),
        (
            task::CertificateRevoke {
                certificate: Certificate {
                    id: Some(571),
                    serial_number: Some(serial.to_owned()),
                    ..Certificate::default()
                },
            }
            .into(),
            reissue(),
        ),
        alone(task::CertificateDelete::new(571).into()),
        alone(task::CertificateInfo::new(571).into()),
        alone(task::CertificateList { query: query("name", "*example*") }.into()),
        alone(
            task::CertificateCommentUpdate {
                certificate: Certificate {
                    id: Some(571),
                    comment: Some("Größe & <b>".to_owned()),
                    ..Certificate::default()
                },
            }
            .into(),
        ),
        alone(task::CertificateInstallCheck::new("example.com").into()),
        alone(task::CertificateSiteSeal::new(571).into()),
        alone(
            task::CertificateVmcDataCheck {
                check: VmcCheckData { name: Some("example.com".to_owned()), ..VmcCheckData::default() },
            }
            .into(),
        ),
        alone(task::ContactCreate { contact: contact(None) }.into()),
        alone(task::ContactUpdate { contact: contact(Some(1120)) }.into()),
        alone(task::ContactDelete::new(100).into()),
        alone(task::ContactInfo::new(1120).into()),
        alone(task::ContactList { query: query("lname", "D*") }.into()),
        (task::JobInfo::new(first_job).into(), reissue()),
        (task::JobList { query: query("object", "example.com") }.into(), reissue()),
        (task::JobCancel::new(first_job).into(), reissue()),
        (task::JobConfirm::new(first_job).into(), reissue()),
        (task::JobResendApproverEmail::new(first_job).into(), reissue()),
        (task::JobResendPhoneAuthorization::new(first_job).into(), reissue()),
        (task::JobHistoryInfo::new(first_job).into(), reissue()),
        (task::JobHistoryList { query: query("object", "example.com") }.into(), reissue()),
        alone(task::PollInfo.into()),
        alone(task::PollConfirm::new(1_405_661).into()),
        alone(task::SessionCreate::default().into()),
        alone(task::SessionDelete { session: Some(session.clone()) }.into()),
        alone(task::ZoneList { query: zones("*example*") }.into()),
        alone(task::ZoneInfo::new("example.com", "ns1.dns.example").into()),
        alone(task::ZoneCreate { zone: zone("shop.example", "ns9.dns.example") }.into()),
        alone(task::ZoneUpdate { zone: zone("example.com", "ns1.dns.example") }.into()),
        alone(
            task::ZoneUpdateRecords {
                origin: Some("example.com".to_owned()),
                virtual_name_server: Some("ns1.dns.example".to_owned()),
                name: None,
                add: vec![ResourceRecord::txt("_dnsauth.www", "2026 & <abcd>")],
                remove: vec![ResourceRecord { ttl: Some(300), ..ResourceRecord::txt("nowhere", "x") }],
            }
            .into(),
        ),
        alone(task::ZoneDelete::new("example.com", "ns1.dns.example").into()),
        alone(task::Hello.into()),
    ]
}

pub(crate) fn account() -> Credentials {
    Credentials::new("user", Secret::new("password"), "9")
}

pub(crate) fn codec(protocol: Protocol) -> Box<dyn Codec> {
    match protocol {
        Protocol::Xml => Box::new(XmlCodec::default()),
        Protocol::Json => Box::new(JsonCodec::default()),
    }
}

/// Whether a task works on a job that still runs; all others find theirs done.
pub(crate) fn needs_running(kind: TaskKind) -> bool {
    use TaskKind::{JobCancel, JobConfirm, JobResendApproverEmail, JobResendPhoneAuthorization};
    matches!(kind, JobCancel | JobConfirm | JobResendApproverEmail | JobResendPhoneAuthorization)
}

/// What must be equal over both protocols: all but ids of the run, job codes' families, and what about.toml of the fixtures says.
pub(crate) fn comparable(kind: TaskKind, answer: &Response<AnyData>) -> serde_json::Value {
    let mut value = document::response(answer);
    value["stid"].take();
    if kind.name().starts_with("job-") {
        let code = value["status"]["code"].as_str().unwrap().replacen("300", "400", 1);
        value["status"]["code"] = code.into();
    }
    if let Some(object) = value.get_mut("object").and_then(|object| object.as_object_mut())
        && object.contains_key("summary")
    {
        object.remove("type");
    }
    if matches!(kind, TaskKind::ContactCreate | TaskKind::ContactUpdate) {
        value["data"].take();
    }
    if kind == TaskKind::CertificatePrepareOrder {
        value["data"].as_array().unwrap().iter().for_each(|data| assert!(data["authentication"].is_array()));
        value["data"][0]["authentication"].take();
    }
    // Each gateway has a certification authority of its own.
    let own = ["server", "serialNumber", "caCertificate", "csr"];
    blank(&mut value, &own);
    value
}

pub(crate) fn blank(value: &mut serde_json::Value, names: &[&str]) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                if names.contains(&name.as_str()) {
                    value.take();
                } else {
                    blank(value, names)
                }
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| blank(item, names)),
        _ => {}
    }
}
