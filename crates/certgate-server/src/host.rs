//! For whom a request is meant: what a browser on this machine may be made to send by a page from elsewhere.

use std::net::IpAddr;

use hyper::{HeaderMap, Uri, Version, header};

/// Why a request is turned away, with its HTTP status.
pub(crate) type Refusal = (u16, &'static str);

/// Checks `Host` (RFC 9112, section 3.2) and, where the server listens on loopback, that request and page are of this machine. A request may
/// also be meant for an address that the server stands for: nobody else can lead that name here.
pub(crate) fn check(
    version: Version,
    headers: &HeaderMap,
    is_loopback: bool,
    stands_for: &[String],
) -> Result<(), Refusal> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(host.to_str().map_err(|_| (400, "the Host header cannot be read"))?),
        (None, _) if version < Version::HTTP_11 => None,
        (None, _) => return Err((400, "the Host header is missing")),
        (Some(_), Some(_)) => return Err((400, "there are two Host headers")),
    };
    if !is_loopback {
        return Ok(());
    }
    let is_own = |host: &str| stands_for.iter().any(|address| host_of(address).is_some_and(|own| own == host));
    if host.is_some_and(|host| !host_of(host).is_some_and(|host| is_this_machine(&host) || is_own(&host))) {
        return Err((421, "this server listens on loopback: expected localhost or a loopback address in Host"));
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let is_foreign = |origin: &hyper::header::HeaderValue| {
        let host = origin.to_str().ok().and_then(host_of);
        !host.is_some_and(|host| is_this_machine(&host))
    };
    if origins.any(is_foreign) { Err((403, "a page of another origin may not use this server")) } else { Ok(()) }
}

/// The host of an address, or of a name that has a port or none; in small letters.
fn host_of(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    // Nobody says who they are there.
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
    Some(authority.host().trim_matches(['[', ']']).to_ascii_lowercase())
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use hyper::{HeaderMap, Version, header::HeaderName};

    use super::check;

    #[test]
    fn hosts_and_origins() {
        let (host, origin) = ("host", "origin");
        let own = ["https://gateway.example:8443/xml".to_owned(), "http://[2001:db8::1]/v1".to_owned()];
        for (headers, on_loopback, elsewhere) in [
            (vec![(host, "127.0.0.1:8080")], None, None),
            (vec![(host, "LOCALHOST")], None, None),
            (vec![(host, "[::1]:8080"), (origin, "http://localhost:3000")], None, None),
            (vec![], Some(400), Some(400)),
            (vec![(host, "localhost"), (host, "localhost")], Some(400), Some(400)),
            (vec![(host, "evil.example")], Some(421), None),
            (vec![(host, "localhost.evil.example")], Some(421), None),
            (vec![(host, "127.0.0.1.evil.example")], Some(421), None),
            (vec![(host, "10.0.0.1")], Some(421), None),
            (vec![(host, "GATEWAY.example")], None, None),
            (vec![(host, "gateway.example:443")], None, None),
            (vec![(host, "[2001:db8::1]:80")], None, None),
            (vec![(host, "gateway.example.evil.example")], Some(421), None),
            (vec![(host, "")], Some(421), None),
            (vec![(host, "evil.example@localhost")], Some(421), None),
            (vec![(host, "localhost, evil.example")], Some(421), None),
            (vec![(host, "gateway.example"), (origin, "https://gateway.example")], Some(403), None),
            (vec![(host, "localhost"), (origin, "http://evil.example")], Some(403), None),
            (vec![(host, "localhost"), (origin, "null")], Some(403), None),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in &headers {
                map.append(HeaderName::from_static(name), value.parse().unwrap());
            }
            for (is_loopback, expected) in [(true, on_loopback), (false, elsewhere)] {
                let found = check(Version::HTTP_11, &map, is_loopback, &own).err().map(|(status, _)| status);
                assert_eq!(found, expected, "{headers:?}, loopback: {is_loopback}");
            }
        }
        assert!(check(Version::HTTP_10, &HeaderMap::new(), true, &own).is_ok(), "HTTP/1.0 knew no Host");
    }
}
