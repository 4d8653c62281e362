//! A session stands for the credentials: kept, started anew, closed.

use certgate_client::{Client, Error, GatewayError, HttpSettings, HttpTransport};
use certgate_domain::{
    Credentials, Secret, TaskKind,
    task::{CertificateDelete, CertificateInfo, Hello, PollInfo},
};
use certgate_simulator::{Fault, Gateway, Server, Settings};
use certgate_wire::Codec;
use pretty_assertions::assert_eq;

fn client(server: &Server, transport: &str, password: &str) -> Client {
    let (codec, endpoint): (Box<dyn Codec>, String) = match transport {
        "xml" => (Box::new(certgate_xml::XmlCodec::default()), server.xml_endpoint()),
        _ => (Box::new(certgate_json::JsonCodec::default()), server.json_endpoint()),
    };
    let http = HttpTransport::new(&endpoint, HttpSettings::default()).unwrap();
    Client::new(codec, Box::new(http), Credentials::new("user", Secret::new(password), "9"))
        .with_pace(1000)
        .with_session()
}

fn served(settings: Settings) -> (Gateway, Server) {
    let gateway = Gateway::with(settings);
    let server = Server::start(gateway.clone(), "127.0.0.1:0".parse().unwrap()).unwrap();
    (gateway, server)
}

fn sessions(gateway: &Gateway) -> (usize, usize, usize) {
    (gateway.asked(TaskKind::SessionCreate), gateway.asked(TaskKind::SessionDelete), gateway.sessions())
}

#[test]
fn one_session_for_a_run_renewed_when_it_ended() {
    for transport in ["xml", "json"] {
        let (gateway, server) = served(Settings::default());
        let mut client = client(&server, transport, "password");
        assert_eq!(sessions(&gateway), (0, 0, 0), "nothing before the first task");
        client.call(CertificateInfo::new(571)).unwrap();
        client.call(PollInfo).unwrap();
        assert_eq!(sessions(&gateway), (1, 0, 1));
        gateway.end_sessions();
        let answer = client.call(CertificateInfo::new(571)).unwrap();
        assert_eq!(answer.value.data[0].id, Some(571));
        assert_eq!(sessions(&gateway), (2, 0, 1), "{transport}: started anew");
        client.close().unwrap();
        assert_eq!(sessions(&gateway), (2, 1, 0));
        client.close().unwrap();
        drop(client);
        assert_eq!(sessions(&gateway), (2, 1, 0), "closed once");
    }
}

#[test]
fn a_client_that_goes_closes_its_session() {
    for transport in ["xml", "json"] {
        let (gateway, server) =
            served(Settings { faults: vec![Fault::Html200(Some(TaskKind::CertificateInfo))], ..Settings::default() });
        let mut client = client(&server, transport, "password");
        let error = client.call(CertificateInfo::new(571)).unwrap_err();
        assert!(matches!(error, Error::Gateway(GatewayError::Undecodable { .. })), "{error}");
        drop(client);
        assert_eq!(sessions(&gateway), (1, 1, 0));
    }
}

/// Only what was turned away is sent again in a new session: what was not answered may be done.
#[test]
fn a_session_sends_nothing_twice() {
    for transport in ["xml", "json"] {
        for fault in [Fault::Html200, Fault::DropAfterRead] {
            let (gateway, server) = served(Settings::default());
            let mut client = client(&server, transport, "password");
            client.call(CertificateInfo::new(571)).unwrap();
            gateway.inject(fault(Some(TaskKind::CertificateDelete)));
            let error = client.call(CertificateDelete::new(571)).unwrap_err();
            assert!(error.leaves_outcome_open(), "{error}");
            assert_eq!((gateway.asked(TaskKind::CertificateDelete), sessions(&gateway)), (1, (1, 0, 1)), "{error}");
        }
    }
}

#[test]
fn wrong_credentials_are_not_tried_again_and_again() {
    for transport in ["xml", "json"] {
        let (gateway, server) = served(Settings::default());
        let mut client = client(&server, transport, "wrong");
        let error = client.call(Hello).unwrap_err();
        assert!(matches!(&error, Error::Gateway(why) if why.blames_credentials()), "{error}");
        drop(client);
        assert_eq!(sessions(&gateway), (1, 0, 0));
    }
}
