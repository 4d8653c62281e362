//! The orders that a batch of one and the single command carry out alike.

use std::time::Duration;

use certgate_domain::TaskKind;
use certgate_simulator::{Fault, Settings};

/// An order, as a line of a batch and as the arguments of the single command; what both are run with; and how it ends.
pub(super) struct Case {
    pub(super) title: &'static str,
    pub(super) action: &'static str,
    pub(super) options: &'static [(&'static str, &'static str)],
    pub(super) more: &'static [&'static str],
    pub(super) settings: fn() -> Settings,
    pub(super) code: i32,
    pub(super) said: &'static str,
}

const PLAIN: Case =
    Case { title: "", action: "create", options: NEW, more: &[], settings: Settings::default, code: 0, said: "" };

/// A message of somebody else's is first in the queue.
const FOREIGN: fn() -> Settings = || Settings { foreign_first: 1, ..Settings::default() };

/// What a new certificate needs.
const NEW: &[(&str, &str)] =
    &[("product", "SSL123"), ("admin", "1120"), ("technical", "100"), ("lifetime", "12"), ("out", "out")];

/// Every setting and every option of a run is given by one of them.
pub(super) fn cases() -> Vec<Case> {
    vec![
        Case { title: "a new one", ..PLAIN },
        Case {
            title: "validated by a file",
            options: &[
                ("product", "SSL123"),
                ("admin", "1120"),
                ("technical", "100"),
                ("lifetime", "12"),
                ("method", "file"),
            ],
            said: "validation by file, publish now: http://",
            ..PLAIN
        },
        Case {
            title: "validated by mail",
            options: &[
                ("product", "SSL123"),
                ("admin", "1120"),
                ("technical", "100"),
                ("lifetime", "12"),
                ("method", "email"),
            ],
            said: "validation by mail to admin@example.com",
            ..PLAIN
        },
        Case {
            title: "validated by a record of one's own",
            action: "reissue",
            options: &[("method", "dns"), ("provisioning", "false")],
            said: "validation by DNS, publish now: ",
            ..PLAIN
        },
        Case { title: "all from the certificate", action: "reissue", options: &[("out", "out")], ..PLAIN },
        Case {
            title: "nothing from the certificate",
            action: "reissue",
            options: &[
                ("product", "QUICKSSLPREMIUM"),
                ("name", "example.com"),
                ("admin", "1120"),
                ("technical", "100"),
                ("software", "APACHE2"),
                ("lifetime", "12"),
                ("method", "dns"),
                ("provisioning", "true"),
                ("out", "out"),
            ],
            ..PLAIN
        },
        Case {
            title: "with a new key, and another name",
            action: "reissue",
            options: &[
                ("new_key", "true"),
                ("key_type", "rsa2048"),
                ("san", "www.example.com"),
                ("keep", "1"),
                ("out", "out"),
            ],
            ..PLAIN
        },
        Case {
            title: "a new key for a new one",
            options: &[
                ("product", "SSL123"),
                ("admin", "1120"),
                ("technical", "100"),
                ("lifetime", "12"),
                ("name", "new.example.com"),
                ("new_key", "true"),
                ("out", "out"),
            ],
            ..PLAIN
        },
        Case {
            title: "with a key of a file, encrypted",
            action: "reissue",
            options: &[
                ("key", "HOME/encrypted.key"),
                ("pass_phrase_file", "HOME/pass"),
                ("decrypt_key", "true"),
                ("out", "out"),
            ],
            ..PLAIN
        },
        Case {
            title: "with a key whose pass phrase is wrong",
            action: "reissue",
            options: &[("key", "HOME/encrypted.key"), ("pass_phrase_command", "echo wrong"), ("out", "out")],
            code: 2,
            said: "encrypted.key",
            ..PLAIN
        },
        Case {
            title: "key stores",
            action: "reissue",
            options: &[
                ("new_key", "true"),
                ("pkcs12", "true"),
                ("jks", "true"),
                ("store_pass_file", "HOME/pass"),
                ("out", "out"),
            ],
            ..PLAIN
        },
        Case {
            title: "a key store without a pass phrase",
            action: "reissue",
            options: &[("new_key", "true"), ("jks", "true"), ("store_pass_command", "exit 1"), ("out", "out")],
            code: 2,
            said: "exit status: 1",
            ..PLAIN
        },
        Case {
            title: "a hook",
            action: "reissue",
            options: &[("deploy_hook", "touch $CERTGATE_DIR/hooked"), ("hook_timeout", "9s"), ("out", "out")],
            ..PLAIN
        },
        Case {
            title: "a hook that fails",
            action: "reissue",
            options: &[("new_key", "true"), ("deploy_hook", "exit 3"), ("rollback_on_failure", "true"), ("out", "out")],
            code: 11,
            said: "the deploy hook failed: exit status: 3; there is no set before to put back",
            ..PLAIN
        },
        Case {
            title: "an owner that is not there",
            action: "reissue",
            options: &[("file_owner", "nobody-of-that-name"), ("out", "out")],
            code: 2,
            said: "nobody-of-that-name",
            ..PLAIN
        },
        Case {
            title: "validated by a command",
            action: "reissue",
            options: &[("dns", "exec touch HOME/added; true"), ("out", "out")],
            said: "validation by DNS, publish now: ",
            ..PLAIN
        },
        Case {
            title: "validated by a command, and not seen",
            action: "reissue",
            options: &[
                ("dns", "exec true"),
                ("dns_check", "true"),
                ("dns_timeout", "1s"),
                ("resolver", "127.0.0.1:1"),
                ("no_authoritative", "true"),
            ],
            code: 13,
            said: "nothing was ordered",
            ..PLAIN
        },
        Case {
            title: "validated by an update that cannot be",
            action: "reissue",
            options: &[("dns", "nsupdate"), ("dns_server", "127.0.0.1"), ("dns_key", "HOME/none")],
            code: 2,
            said: "HOME/none",
            ..PLAIN
        },
        Case {
            title: "validated in a zone of an account that is not there",
            action: "reissue",
            options: &[("dns", "autodns"), ("dns_profile", "nowhere"), ("out", "out")],
            code: 2,
            said: "nowhere",
            ..PLAIN
        },
        Case {
            title: "validated by a web root",
            options: &[
                ("product", "SSL123"),
                ("admin", "1120"),
                ("technical", "100"),
                ("lifetime", "12"),
                ("webroot", "HOME/www"),
                ("allow_any_record", "true"),
            ],
            said: "validation by file, publish now: ",
            ..PLAIN
        },
        Case {
            title: "an approver",
            options: &[
                ("product", "SSL123"),
                ("admin", "1120"),
                ("technical", "100"),
                ("lifetime", "12"),
                ("approver", "admin@example.com"),
            ],
            said: "validation by mail to ",
            ..PLAIN
        },
        Case { title: "with the key of before", action: "renew", options: &[("out", "out")], ..PLAIN },
        Case {
            title: "a folder that cannot be used",
            options: &[("product", "SSL123"), ("admin", "1120"), ("technical", "100"), ("out", "/proc/nope")],
            code: 2,
            said: "/proc/nope: cannot be written",
            ..PLAIN
        },
        Case {
            title: "a name that the CSR does not have",
            action: "reissue",
            options: &[("name", "other.example")],
            code: 2,
            said: "other.example",
            ..PLAIN
        },
        Case {
            title: "an answer with an unknown field, and none are borne",
            more: &["--strict"],
            settings: || Settings {
                faults: vec![Fault::Unknown(Some(TaskKind::CertificatePrepareOrder))],
                ..Settings::default()
            },
            code: 10,
            said: "(--strict)",
            ..PLAIN
        },
        Case {
            title: "a certificate with an unknown field, looked at for its names, and none are borne",
            action: "reissue",
            options: &[("new_key", "true"), ("out", "out")],
            more: &["--strict"],
            settings: || Settings {
                faults: vec![Fault::Unknown(Some(TaskKind::CertificateInfo)); 2],
                ..Settings::default()
            },
            code: 10,
            said: "(--strict)",
        },
        Case {
            title: "a further name beside a CSR",
            action: "reissue",
            options: &[("san", "www.example.com")],
            code: 2,
            said: "`san` and `csr` exclude each other: give one",
            ..PLAIN
        },
        Case {
            title: "a new key for no folder",
            action: "reissue",
            options: &[("new_key", "true")],
            code: 2,
            said: "`new_key` needs `out` too",
            ..PLAIN
        },
        Case {
            title: "no contact",
            options: &[("product", "SSL123"), ("technical", "100")],
            code: 2,
            said: "a new certificate needs an administrative contact",
            ..PLAIN
        },
        Case {
            title: "a contact that cannot be",
            options: &[("product", "SSL123"), ("admin", "0"), ("technical", "100")],
            code: 2,
            said: "expected a whole number of 1 or more",
            ..PLAIN
        },
        Case {
            title: "a certificate that cannot be",
            action: "reissue 0",
            options: &[],
            code: 2,
            said: "expected a whole number of 1 or more",
            ..PLAIN
        },
        Case {
            title: "sets kept where none is made",
            action: "reissue",
            options: &[("keep", "3"), ("out", "out")],
            code: 2,
            said: "`keep` needs `new_key` or `key` too",
            ..PLAIN
        },
        Case {
            title: "a time for no hook",
            action: "reissue",
            options: &[("hook_timeout", "9s"), ("out", "out")],
            code: 2,
            said: "`hook_timeout` needs `deploy_hook` too",
            ..PLAIN
        },
        Case {
            title: "a set put back for no hook",
            action: "reissue",
            options: &[("rollback_on_failure", "true"), ("out", "out")],
            code: 2,
            said: "`rollback_on_failure` needs `deploy_hook` too",
            ..PLAIN
        },
        Case {
            title: "a time for a record that is not awaited",
            action: "reissue",
            options: &[("dns", "exec true"), ("dns_timeout", "9s")],
            code: 2,
            said: "`dns_timeout` needs `dns_check` too",
            ..PLAIN
        },
        Case {
            title: "any record where none is published",
            action: "reissue",
            options: &[("dns", "provision"), ("allow_any_record", "true")],
            code: 2,
            said: "`allow_any_record` needs `dns` or `webroot` too",
            ..PLAIN
        },
        Case {
            title: "a pass phrase for no key store",
            action: "reissue",
            options: &[("new_key", "true"), ("store_pass_file", "HOME/pass"), ("out", "out")],
            code: 2,
            said: "`store_pass_file` needs ",
            ..PLAIN
        },
        Case {
            title: "refused",
            options: &[("product", "SSL123"), ("admin", "4711"), ("technical", "100"), ("lifetime", "12")],
            code: 3,
            said: "the gateway refused: E4",
            ..PLAIN
        },
        Case {
            title: "lost",
            settings: || Settings {
                faults: vec![Fault::DropAfterRead(Some(TaskKind::CertificateCreate))],
                ..Settings::default()
            },
            code: 9,
            said: "whether it was carried out is not known",
            ..PLAIN
        },
        Case {
            title: "not finished in time",
            more: &["--timeout", "1s"],
            settings: || Settings { jobs_never_end: true, ..Settings::default() },
            code: 6,
            said: "the order is not finished after 1 s",
            ..PLAIN
        },
        Case {
            title: "ended without a certificate",
            settings: || Settings { jobs_fail: true, ..Settings::default() },
            code: 3,
            said: "the gateway ended the job without a certificate",
            ..PLAIN
        },
        Case {
            title: "a certificate that fails a check",
            settings: || Settings { valid_after: Duration::from_secs(86_400 * 3), ..Settings::default() },
            code: 10,
            said: "check dates failed",
            ..PLAIN
        },
        Case {
            title: "a clock that is wrong",
            settings: || Settings { clock_ahead: -3600, ..Settings::default() },
            code: 12,
            said: "the clocks are too far apart",
            ..PLAIN
        },
        Case {
            title: "a message of somebody else's first, and to stop there",
            more: &["--foreign", "stop"],
            settings: FOREIGN,
            code: 6,
            said: "of somebody else's is first in the queue",
            ..PLAIN
        },
        Case {
            title: "a message of somebody else's first, and to leave it there",
            more: &["--foreign", "keep"],
            settings: FOREIGN,
            ..PLAIN
        },
        Case {
            title: "a message of somebody else's first, which is stored",
            more: &["--foreign", "spool"],
            settings: FOREIGN,
            ..PLAIN
        },
        Case {
            title: "a message of somebody else's first, and a folder for such",
            more: &["--spool", "HOME/spool"],
            settings: FOREIGN,
            ..PLAIN
        },
        Case {
            title: "a folder for messages that is not used",
            more: &["--foreign", "leave", "--spool", "HOME/spool"],
            code: 2,
            said: "--spool takes messages off the queue, and --foreign leave does not",
            ..PLAIN
        },
        Case { title: "a queue that is not touched", more: &["--foreign", "leave"], settings: FOREIGN, ..PLAIN },
    ]
}
