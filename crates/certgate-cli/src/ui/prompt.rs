//! Asking for values, line by line.

use std::io::{BufRead, IsTerminal, Write};

use certgate_domain::Secret;
use console::Term;

use crate::exit::Failure;

/// Asks on a terminal for what no option gave.
#[derive(Debug)]
pub(crate) struct Prompt {
    is_possible: bool,
}

impl Prompt {
    pub(crate) fn new() -> Self {
        Self { is_possible: std::io::stdin().is_terminal() && std::io::stderr().is_terminal() }
    }

    /// What was given, else what somebody types; what stands in `default` where that is nothing.
    pub(crate) fn unless(
        &self,
        given: Option<String>,
        what: &str,
        default: Option<&str>,
        option: &str,
    ) -> Result<String, Failure> {
        if let Some(given) = given {
            return Ok(given);
        }
        self.check(what, option)?;
        let shown = default.map(|default| format!(" [{default}]")).unwrap_or_default();
        let _ = write!(std::io::stderr(), "{what}{shown}: ");
        let _ = std::io::stderr().flush();
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        match (read, line.trim(), default) {
            (Ok(_), "", Some(default)) => Ok(default.to_owned()),
            (Ok(_), answer, _) if !answer.is_empty() => Ok(answer.to_owned()),
            _ => Err(Failure::usage("nothing was written")),
        }
    }

    /// What somebody types, without showing it.
    pub(crate) fn hidden(&self, what: &str, options: &str) -> Result<Secret, Failure> {
        self.check(what, options)?;
        let _ = write!(std::io::stderr(), "{what} (it is not shown): ");
        let _ = std::io::stderr().flush();
        match Term::stderr().read_secure_line() {
            Ok(line) if !line.is_empty() => Ok(Secret::new(line)),
            _ => Err(Failure::usage("nothing was written")),
        }
    }

    fn check(&self, what: &str, options: &str) -> Result<(), Failure> {
        match self.is_possible {
            true => Ok(()),
            false => Err(Failure::usage(format!("{what}: nobody can be asked here: give {options}"))),
        }
    }
}
