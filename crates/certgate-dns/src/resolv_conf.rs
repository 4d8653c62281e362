//! This machine's resolvers, as resolv.conf(5) names them.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use crate::DnsError;

const PATH: &str = "/etc/resolv.conf";
/// The port that name servers listen at.
pub(crate) const PORT: u16 = 53;

/// The resolvers of this machine, in their order.
///
/// # Errors
/// [`DnsError::System`]: there is no such file here.
pub(crate) fn resolvers() -> Result<Vec<SocketAddr>, DnsError> {
    let text = fs::read_to_string(PATH).map_err(|why| DnsError::System(format!("{PATH}: {why}")))?;
    Ok(name_servers(&text))
}

/// Without any, the machine itself is asked, as the C library does.
fn name_servers(text: &str) -> Vec<SocketAddr> {
    let mut servers: Vec<SocketAddr> = text
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let address = words.next().filter(|word| *word == "nameserver").and(words.next())?;
            // A link-local address names its interface, such as fe80::1%2.
            format!("[{address}]:{PORT}").parse().ok().or_else(|| Some(SocketAddr::new(address.parse().ok()?, PORT)))
        })
        .collect();
    if servers.is_empty() {
        servers.push(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT));
    }
    servers
}

#[cfg(test)]
mod tests {
    use super::name_servers;

    #[test]
    fn files() {
        for (text, expected) in [
            ("# by hand\nnameserver 192.0.2.1\nsearch example.com\n", vec!["192.0.2.1:53"]),
            ("nameserver\t2001:db8::1  # first\r\nnameserver 192.0.2.1", vec!["[2001:db8::1]:53", "192.0.2.1:53"]),
            ("nameserver fe80::1%2\n", vec!["[fe80::1%2]:53"]),
            ("nameserver ns.example.com\n;nameserver 192.0.2.2\noptions edns0\n", vec!["127.0.0.1:53"]),
            ("", vec!["127.0.0.1:53"]),
        ] {
            let servers: Vec<String> = name_servers(text).iter().map(ToString::to_string).collect();
            assert_eq!(servers, expected, "{text:?}");
        }
    }
}
