//! Paths: any one of valid certificates will do, and what stands beside it is passed over and named.

use certgate_keys::{KeyType, PrivateKey};
use certgate_x509::{CertificateRequest, check};
use pretty_assertions::assert_eq;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, CustomExtension, ExtendedKeyUsagePurpose,
    ExtendedKeyUsagePurpose::{ClientAuth, EmailProtection, ServerAuth},
    GeneralSubtree, IsCa, Issuer, KeyUsagePurpose, NameConstraints, SanType,
};

use crate::{NOW, authority, new_key, numbered, params};

/// Authorities with their keys, each once; certificates are made of them as a case needs them.
struct Scene {
    root: PrivateKey,
    old: PrivateKey,
    issuing: PrivateKey,
    sub: PrivateKey,
    leaf: PrivateKey,
    request: CertificateRequest,
}

const LATER: i32 = 2030;
/// On its first day they have ended by [`NOW`].
const EARLIER: i32 = 2026;

impl Scene {
    fn new() -> Self {
        let key = new_key;
        let leaf = key();
        let request = params("example.com", &["example.com"]).serialize_request(&leaf).unwrap().pem().unwrap();
        let request = CertificateRequest::from_pem(request).unwrap();
        let root = PrivateKey::generate(KeyType::P384).unwrap();
        Self { root, old: key(), issuing: key(), sub: key(), leaf, request }
    }

    fn key(&self, name: &str) -> &PrivateKey {
        match name {
            "root" => &self.root,
            "old" => &self.old,
            "issuing" => &self.issuing,
            "sub" => &self.sub,
            _ => &self.leaf,
        }
    }

    /// `of` by `by`, changed.
    fn changed(&self, of: &str, by: &str, until: i32, change: impl Fn(&mut CertificateParams)) -> String {
        let mut params =
            if of == "leaf" { numbered(params("example.com", &["example.com"])) } else { authority(of, until) };
        change(&mut params);
        let issuer = Issuer::new(authority(by, LATER), self.key(by));
        params.signed_by(self.key(of), &issuer).unwrap().pem()
    }

    fn by(&self, of: &str, by: &str, until: i32) -> String {
        self.changed(of, by, until, |_| {})
    }

    /// What the check of the chain says, and the names in the chain; `Err` where it failed.
    fn chain(&self, leaf: &str, authorities: &[&String]) -> (Result<String, String>, Vec<String>) {
        let authorities: Vec<String> = authorities.iter().map(|text| (*text).clone()).collect();
        let (checks, issued) = check(&self.request, None, leaf, &authorities, NOW);
        let chain = checks.into_iter().find(|check| check.name == "chain").unwrap();
        let names = issued.iter().flat_map(|issued| &issued.chain).filter_map(|one| one.common_name()).collect();
        (if chain.ok { Ok(chain.detail) } else { Err(chain.detail) }, names)
    }
}

#[test]
fn what_stands_beside_a_path_does_not_count() {
    let scene = Scene::new();
    let leaf = scene.by("leaf", "issuing", LATER);
    let by_sub = scene.by("leaf", "sub", LATER);
    let issuing = scene.by("issuing", "root", LATER);
    let issuing_ended = scene.by("issuing", "root", EARLIER);
    let sub = scene.by("sub", "issuing", LATER);
    let root = scene.by("root", "root", LATER);
    let root_ended = scene.by("root", "root", EARLIER);
    let root_by_old = scene.by("root", "old", LATER);
    let root_by_old_ended = scene.by("root", "old", EARLIER);
    let old_ended = scene.by("old", "old", EARLIER);
    let old = scene.by("old", "old", LATER);
    let stranger = {
        let key = new_key();
        authority("issuing", LATER).self_signed(&key).unwrap().pem()
    };
    let unreadable = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----".to_owned();
    let no_content = "unreadable: the content is no certificate (RFC 5280): it cannot be read as DER (byte 0: expected a certificate)";
    let no_end = "unreadable: no -----END CERTIFICATE----- line found; expected PEM, -----BEGIN CERTIFICATE-----";
    let ended = "it expired on 2026-01-01";
    for (what, leaf, authorities, expected, chain) in [
        ("in order", &leaf, vec![&issuing, &root], "issuing".to_owned(), vec!["issuing"]),
        ("turned round", &leaf, vec![&root, &issuing], "issuing".to_owned(), vec!["issuing"]),
        ("no root", &leaf, vec![&issuing], "issuing".to_owned(), vec!["issuing"]),
        ("twice, and itself", &leaf, vec![&issuing, &leaf, &issuing, &root], "issuing".to_owned(), vec!["issuing"]),
        ("deep", &by_sub, vec![&root, &issuing, &sub], "sub <- issuing".to_owned(), vec!["sub", "issuing"]),
        (
            "the AddTrust case: an expired cross certificate beside the root",
            &leaf,
            vec![&issuing, &root_by_old_ended, &old_ended, &root],
            format!("issuing; passed over: root, issued by old ({ended}), old ({ended})"),
            vec!["issuing"],
        ),
        (
            "an expired cross certificate and no root",
            &leaf,
            vec![&issuing, &root_by_old_ended, &old_ended],
            format!("issuing; passed over: root, issued by old ({ended}), old ({ended})"),
            vec!["issuing"],
        ),
        (
            "an expired root",
            &leaf,
            vec![&issuing, &root_ended],
            format!("issuing; passed over: root ({ended})"),
            vec!["issuing"],
        ),
        (
            "a valid cross certificate: the root that is given ends the path",
            &leaf,
            vec![&root_by_old, &old, &issuing, &root],
            "issuing; passed over: root, issued by old (not needed), old (not needed)".to_owned(),
            vec!["issuing"],
        ),
        (
            "a cross certificate in place of the root",
            &leaf,
            vec![&old, &root_by_old, &issuing],
            "issuing <- root".to_owned(),
            vec!["issuing", "root"],
        ),
        (
            "a cross certificate, and the old root has expired",
            &leaf,
            vec![&old_ended, &root_by_old, &issuing],
            format!("issuing <- root; passed over: old ({ended})"),
            vec!["issuing", "root"],
        ),
        (
            "two certificates of one issuer: the valid one",
            &leaf,
            vec![&issuing_ended, &issuing, &root],
            format!("issuing; passed over: issuing, issued by root ({ended})"),
            vec!["issuing"],
        ),
        (
            "somebody else of the same name",
            &leaf,
            vec![&stranger, &issuing, &root],
            "issuing; passed over: issuing (another key than the one that signed)".to_owned(),
            vec!["issuing"],
        ),
        (
            "one that cannot be read",
            &leaf,
            vec![&issuing, &unreadable],
            format!("issuing; passed over: authority 2 ({no_content})"),
            vec!["issuing"],
        ),
        (
            "one that cannot be read among others in one text",
            &leaf,
            vec![&format!("{unreadable}{issuing}{root}")],
            format!("issuing; passed over: authority 1 ({no_content})"),
            vec!["issuing"],
        ),
        (
            "one that is cut short behind a whole one",
            &leaf,
            vec![&format!("{issuing}{}", &root[..100])],
            format!("issuing; passed over: authority 2 ({no_end})"),
            vec!["issuing"],
        ),
        (
            "one that is cut short before whole ones",
            &by_sub,
            vec![&format!("{}\n{sub}{issuing}", &root[..100]), &root],
            format!("sub <- issuing; passed over: authority 1 ({no_end})"),
            vec!["sub", "issuing"],
        ),
        (
            "one that cannot be read with the certificate",
            &format!("{unreadable}{leaf}{issuing}"),
            vec![],
            format!("issuing; passed over: beside the certificate ({no_content})"),
            vec!["issuing"],
        ),
        (
            "several in one text",
            &by_sub,
            vec![&format!("{sub}{issuing}"), &root],
            "sub <- issuing".to_owned(),
            vec!["sub", "issuing"],
        ),
        (
            "with the certificate",
            &format!("{by_sub}{sub}{issuing}"),
            vec![],
            "sub <- issuing".to_owned(),
            vec!["sub", "issuing"],
        ),
        (
            "with the certificate, turned round",
            &format!("{issuing}{sub}{by_sub}"),
            vec![],
            "sub <- issuing".to_owned(),
            vec!["sub", "issuing"],
        ),
    ] {
        let expected = (Ok(expected), chain.into_iter().map(str::to_owned).collect());
        assert_eq!(scene.chain(leaf, &authorities), expected, "{what}");
    }
    for (what, authorities, expected) in [
        ("nothing", vec![], "no certificate of the issuing authority was given".to_owned()),
        ("not the issuer", vec![&root], "none of the authorities given signed it".to_owned()),
        ("only the name", vec![&stranger], "none of the authorities given signed it".to_owned()),
        (
            "the issuer has expired",
            vec![&issuing_ended, &root],
            format!("no path of valid certificates: issuing: {ended}"),
        ),
    ] {
        let (found, chain) = scene.chain(&leaf, &authorities);
        assert_eq!((found, chain), (Err(expected), vec![]), "{what}");
    }
}

/// What an authority may not do bars every path by it, near the certificate or far.
#[test]
fn what_an_authority_may_not_do() {
    let scene = Scene::new();
    let no_authority = |params: &mut CertificateParams| params.is_ca = IsCa::ExplicitNoCa;
    let silent = |params: &mut CertificateParams| params.is_ca = IsCa::NoCa;
    let no_signing = |params: &mut CertificateParams| params.key_usages = vec![KeyUsagePurpose::CrlSign];
    let signing = |params: &mut CertificateParams| params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let none_below = |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let one_below = |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
    let no_ca = "it is no authority (basic constraints)";
    let no_usage = "its key usage does not allow it to sign certificates (keyCertSign)";
    let root = scene.by("root", "root", LATER);
    let sub = scene.by("sub", "issuing", LATER);
    let (by_issuing, by_sub) = (scene.by("leaf", "issuing", LATER), scene.by("leaf", "sub", LATER));
    type Change<'a> = &'a dyn Fn(&mut CertificateParams);
    for (what, change, near, far) in [
        ("not an authority", &no_authority as Change<'_>, Some(no_ca), Some(no_ca)),
        ("no constraints at all", &silent, Some(no_ca), Some(no_ca)),
        ("no keyCertSign", &no_signing, Some(no_usage), Some(no_usage)),
        ("keyCertSign", &signing, None, None),
        ("none below it", &none_below, None, Some("its path length allows 0 authorities below it, and there are 1")),
        ("one below it", &one_below, None, None),
    ] {
        let issuing = scene.changed("issuing", "root", LATER, change);
        let failed = |why: &str| Err(format!("no path of valid certificates: issuing: {why}"));
        let expected = near.map_or(Ok("issuing".to_owned()), failed);
        assert_eq!(scene.chain(&by_issuing, &[&issuing, &root]).0, expected, "{what}: issuing <- leaf");
        let expected = far.map_or(Ok("sub <- issuing".to_owned()), failed);
        assert_eq!(scene.chain(&by_sub, &[&sub, &issuing, &root]).0, expected, "{what}: issuing <- sub <- leaf");
        // Another certificate of the same authority makes the path.
        let right = scene.by("issuing", "root", LATER);
        let found = scene.chain(&by_sub, &[&sub, &issuing, &right, &root]);
        assert_eq!((found.0.is_ok(), found.1), (true, vec!["sub".to_owned(), "issuing".to_owned()]), "{what}");
    }
}

/// What every client refuses of an issuer, of a certificate, and of a certificate above the issuer, which is passed over where it may
/// cross a root that clients have.
#[test]
fn what_no_client_takes() {
    let scene = Scene::new();
    let root = scene.by("root", "root", LATER);
    let leaf = scene.by("leaf", "issuing", LATER);
    let issuing = scene.by("issuing", "root", LATER);
    let critical = |oid: &[u64]| {
        let mut extension = CustomExtension::from_oid_content(oid, vec![5, 0]);
        extension.set_criticality(true);
        extension
    };
    let subtrees = |params: &mut CertificateParams, permitted: Vec<GeneralSubtree>, excluded: Vec<GeneralSubtree>| {
        params.name_constraints = Some(NameConstraints { permitted_subtrees: permitted, excluded_subtrees: excluded });
    };
    let dns = |name: &str| GeneralSubtree::DnsName(name.to_owned());
    let v4 = |last: u8| GeneralSubtree::IpAddress(CidrSubnet::V4([192, 0, 2, last], [255, 255, 255, 255]));
    let directory = |name: &str| GeneralSubtree::DirectoryName(crate::params(name, &[]).distinguished_name);
    let unknown = critical(&[1, 2, 3, 4, 5]);
    let poison = critical(&[1, 3, 6, 1, 4, 1, 11129, 2, 4, 3]);
    let no_servers = "its extended key usage does not allow it for servers (serverAuth)";
    let not_known = "it has the critical extension 1.2.3.4.5, which no client knows";
    let not_allowed = |name: &str| format!("its name constraints do not allow {name}");
    type Change<'a> = &'a dyn Fn(&mut CertificateParams);
    for (what, change, expected) in [
        (
            "a use",
            &(|one: &mut CertificateParams| one.extended_key_usages = vec![ClientAuth]) as Change<'_>,
            Some(no_servers.to_owned()),
        ),
        ("a use for servers among others", &|one| one.extended_key_usages = vec![ClientAuth, ServerAuth], None),
        ("any use", &|one| one.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any], None),
        ("critical", &|one| one.custom_extensions = vec![unknown.clone()], Some(not_known.to_owned())),
        (
            "a precertificate",
            &|one| one.custom_extensions = vec![poison.clone()],
            Some("it is a precertificate (RFC 6962), which no client takes".to_owned()),
        ),
    ] {
        let failed = |why: String| Err(format!("no path of valid certificates: issuing: {why}"));
        let by_it = scene.changed("issuing", "root", LATER, change);
        let found = scene.chain(&leaf, &[&by_it, &root]).0;
        assert_eq!(found, expected.clone().map_or(Ok("issuing".to_owned()), failed), "{what}: the issuer");
        let found = scene.chain(&scene.changed("leaf", "issuing", LATER, change), &[&issuing, &root]).0;
        assert_eq!(found, expected.map_or(Ok("issuing".to_owned()), Err), "{what}: the certificate");
    }
    for (what, change, expected) in [
        (
            "permitted",
            &(|one: &mut CertificateParams| subtrees(one, vec![dns("other.test"), dns("example.com")], vec![]))
                as Change<'_>,
            None,
        ),
        ("others permitted", &|one| subtrees(one, vec![dns("other.test")], vec![]), Some("example.com")),
        ("below it permitted", &|one| subtrees(one, vec![dns(".example.com")], vec![]), Some("example.com")),
        ("the end of a label", &|one| subtrees(one, vec![dns("ample.com")], vec![]), Some("example.com")),
        ("excluded", &|one| subtrees(one, vec![], vec![dns("com")]), Some("example.com")),
        ("others excluded", &|one| subtrees(one, vec![], vec![dns("www.example.com")]), None),
        ("addresses", &|one| subtrees(one, vec![v4(7)], vec![]), None),
        ("another address", &|one| subtrees(one, vec![v4(8)], vec![]), Some("ip:192.0.2.7")),
        ("an excluded address", &|one| subtrees(one, vec![], vec![v4(7)]), Some("ip:192.0.2.7")),
        ("a subject", &|one| subtrees(one, vec![directory("example.com")], vec![]), None),
        ("another subject", &|one| subtrees(one, vec![directory("zzz")], vec![]), Some("dirName:CN=example.com")),
    ] {
        let with_address = |params: &mut CertificateParams| {
            params.subject_alt_names.push(SanType::IpAddress("192.0.2.7".parse().unwrap()));
        };
        let leaf = scene.changed("leaf", "issuing", LATER, with_address);
        let by_it = scene.changed("issuing", "root", LATER, change);
        let failed = |name: &str| Err(format!("no path of valid certificates: issuing: {}", not_allowed(name)));
        let found = scene.chain(&leaf, &[&by_it, &root]).0;
        assert_eq!(found, expected.map_or(Ok("issuing".to_owned()), failed), "{what}");
    }
    let by_sub = scene.by("leaf", "sub", LATER);
    let sub = scene.by("sub", "issuing", LATER);
    let deep = scene.changed("issuing", "root", LATER, |one| one.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
    let too_deep = "its path length allows 0 authorities below it, and there are 1";
    let uses = scene.changed("issuing", "root", LATER, |one| one.extended_key_usages = vec![ClientAuth]);
    for (why, above) in [(too_deep, &deep), (no_servers, &uses)] {
        let passed_over = format!("sub; passed over: issuing, issued by root ({why})");
        assert_eq!(scene.chain(&by_sub, &[&sub, above]), (Ok(passed_over), vec!["sub".to_owned()]));
        let found = scene.chain(&by_sub, &[&sub, above, &root]).0;
        assert_eq!(found, Err(format!("no path of valid certificates: issuing: {why}")), "with who signed it");
    }
}

/// What is for mail or a mark is held to nothing that only servers need, and its authorities to its own uses.
#[test]
fn other_kinds() {
    let scene = Scene::new();
    let root = scene.by("root", "root", LATER);
    let mark = || ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 5, 5, 7, 3, 31]);
    let with = |of: &str, by: &str, uses: &[ExtendedKeyUsagePurpose]| {
        scene.changed(of, by, LATER, |one| one.extended_key_usages = uses.to_vec())
    };
    let servers = "its extended key usage does not allow it for servers (serverAuth)";
    for (what, uses, of_issuing, expected) in [
        ("a mark", vec![mark()], vec![mark()], None),
        ("a mark, whatever its issuer is for", vec![mark()], vec![], None),
        ("mail", vec![EmailProtection], vec![EmailProtection, ClientAuth], None),
        ("mail and clients", vec![ClientAuth, EmailProtection], vec![ExtendedKeyUsagePurpose::Any], None),
        (
            "a mark by an issuer for servers",
            vec![mark()],
            vec![ServerAuth],
            Some("its extended key usage has none of the certificate's: 1.3.6.1.5.5.7.3.31"),
        ),
        ("mail and servers", vec![EmailProtection, ServerAuth], vec![EmailProtection], Some(servers)),
        ("servers by an issuer for marks", vec![ServerAuth], vec![mark()], Some(servers)),
        ("nothing said, by an issuer for marks", vec![], vec![mark()], Some(servers)),
    ] {
        let (leaf, issuing) = (with("leaf", "issuing", &uses), with("issuing", "root", &of_issuing));
        let failed = |why: &str| Err(format!("no path of valid certificates: issuing: {why}"));
        assert_eq!(
            scene.chain(&leaf, &[&issuing, &root]).0,
            expected.map_or(Ok("issuing".to_owned()), failed),
            "{what}"
        );
    }
}

/// A cross certificate over SHA-1 in place of a root that clients have, and an authority with a short key, as openssl made them.
#[test]
fn old_cross_certificates() {
    let text = |name: &str| crate::text(&format!("_x509/{name}.pem"));
    let (leaf, issuing, cross, old) =
        (text("cross-leaf"), text("cross-issuing"), text("cross-sha1"), text("cross-old"));
    let issuing_sha1 = text("cross-issuing-sha1");
    let (short, by_short) = (text("cross-short"), text("cross-short-leaf"));
    let weak = "it is signed with SHA1; expected SHA-256 or better";
    let too_short = "its key has RSA 1024 bits; expected 2048 or more";
    let passed_over = format!("T Issuing; passed over: T Root, issued by Old Root ({weak})");
    for (leaf, authorities, expected) in [
        (&leaf, vec![&issuing, &cross], Ok(passed_over.clone())),
        (&leaf, vec![&issuing, &cross, &old], Ok(format!("{passed_over}, Old Root (not needed)"))),
        (&leaf, vec![&issuing_sha1, &cross], Err(format!("no path of valid certificates: T Issuing: {weak}"))),
        (&by_short, vec![&short], Err(format!("no path of valid certificates: T Short: {too_short}"))),
        (&short, vec![], Err(too_short.to_owned())),
    ] {
        let authorities: Vec<String> = authorities.into_iter().cloned().collect();
        let (checks, _) = check(None::<&CertificateRequest>, None, leaf, &authorities, NOW);
        let chain = checks.into_iter().find(|check| check.name == "chain").unwrap();
        assert_eq!(if chain.ok { Ok(chain.detail) } else { Err(chain.detail) }, expected);
    }
}

/// Authorities that have all certified each other: the search ends, with a path.
#[test]
fn everybody_certifies_everybody() {
    let leaf = new_key();
    let keys: Vec<PrivateKey> = (0..9).map(|_| new_key()).collect();
    let name = |at: usize| format!("authority {at}");
    let mut authorities = Vec::new();
    for of in 0..keys.len() {
        for by in (0..keys.len()).filter(|by| *by != of) {
            let issuer = Issuer::new(authority(&name(by), LATER), &keys[by]);
            authorities.push(authority(&name(of), LATER).signed_by(&keys[of], &issuer).unwrap().pem());
        }
    }
    let issuer = Issuer::new(authority(&name(0), LATER), &keys[0]);
    let certificate = numbered(params("example.com", &["example.com"])).signed_by(&leaf, &issuer).unwrap().pem();
    let request = params("example.com", &["example.com"]).serialize_request(&leaf).unwrap().pem().unwrap();
    let request = CertificateRequest::from_pem(request).unwrap();
    let (checks, issued) = check(&request, None, &certificate, &authorities, NOW);
    assert!(issued.is_some_and(|issued| issued.chain[0].common_name() == Some(name(0))), "{checks:?}");
}
