//! A request as a line for the shell.

use certgate_wire::Request;

use super::command_line::shell_word;

/// Credentials come from the environment that certgate itself uses.
pub(crate) fn json(endpoint: &str, request: &Request) -> String {
    let address = format!("{}{}", endpoint.trim_end_matches('/'), request.target);
    let mut line = format!("curl --request {} {} ", request.method, shell_word(&address));
    line += "--user \"$CERTGATE_USER:$CERTGATE_PASSWORD\" --header \"X-Domainrobot-Context: $CERTGATE_CONTEXT\"";
    let known = ["X-Domainrobot-Owner-User", "X-Domainrobot-Owner-Context", "X-Domainrobot-Demo"];
    for header in
        request.headers.iter().filter(|header| known.iter().any(|known| header.name.eq_ignore_ascii_case(known)))
    {
        line += &format!(" --header {}", shell_word(&format!("{}: {}", header.name, header.value.expose())));
    }
    if !request.body.is_empty() {
        line += " --header 'Content-Type: application/json' --data-binary ";
        line += &shell_word(&String::from_utf8_lossy(&request.body));
    }
    line
}

/// The credentials stand in the payload: `USER`, `PASSWORD`, `CONTEXT` are to be replaced.
pub(crate) fn xml(endpoint: &str, body: &str) -> String {
    format!(
        "curl --request POST {} --header 'Content-Type: text/xml; charset=utf-8' --data-binary {}",
        shell_word(endpoint),
        shell_word(body)
    )
}
