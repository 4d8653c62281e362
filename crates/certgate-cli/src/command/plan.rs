//! `certgate plan`.

use std::path::PathBuf;

use certgate::estate::{Declared, read_declared, subjects_of_declared};
use clap::Args;

use crate::{
    app::App,
    common::{
        certificate_run::{declared_file, of_declared, place_of_profile},
        share::{Share, shares, with_options},
    },
    exit::{Exit, Failure},
    ui::plan,
};

/// What would be done with the declared certificates
///
/// What `certgate apply` would do, what it costs, and why (exit 8 where nothing is to be done).
#[derive(Debug, Args)]
#[command(after_help = "Example:
  certgate plan certificates.toml

The file has [defaults] and a [[certificate]] each, with `id` or `name`, `out` (its folder), and any setting of an order:
  [defaults]
  dns = \"provision\"
  deploy_hook = \"systemctl reload nginx\"
  [[certificate]]
  name = \"example.com\"
  out = \"/etc/certificates/example.com\"
  verify = \"example.com:443\"
`certgate config schema` prints its JSON Schema.
Nothing is ordered, and nothing is written but a store where there is none.")]
pub(crate) struct Plan {
    /// The file [default: certificates.toml beside the configuration]
    file: Option<PathBuf>,
}

impl Plan {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let declared = read_declared(&declared_file(app, self.file)?, app.config.as_deref())?.certificates;
        let begin = |share: &mut Share, declared| {
            let subjects = subjects_of_declared(declared, &share.journal, app.now())?;
            share.planned(app, subjects)
        };
        let shares = shares(app, of_declared(app, declared)?, None, begin, Declared::task, place_of_profile)?;
        plan::print(app, with_options(shares), true)
    }
}
