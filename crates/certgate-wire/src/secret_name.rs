//! Which fields hold secrets.

/// Their names, in small letters and without `_` and `-`.
const SECRET: [&str; 9] = [
    "password",
    "hash",
    "token",
    "authinfo",
    "challengepassword",
    "hardwareinittoken",
    "privatekey",
    "sessionid",
    "xdomainrobotsessionid",
];

/// Whether a field or an element of that name holds a secret, in whichever way its words are joined.
///
/// ```
/// use certgate_wire::is_secret_name;
/// assert!(["password", "sessionId", "session_id", "X-Domainrobot-SessionId"].into_iter().all(is_secret_name));
/// assert!(!is_secret_name("passwordExpired"));
/// ```
pub fn is_secret_name(name: &str) -> bool {
    let plain = || name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase());
    SECRET.iter().any(|secret| plain().eq(secret.chars()))
}
