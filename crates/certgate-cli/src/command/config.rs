//! `certgate config`.

mod init;

use certgate::estate::schema;
use clap::Subcommand;
use serde_json::json;

use crate::{
    app::App,
    exit::{Exit, Failure},
    streams::printable,
    ui::{document, settings},
};

const EXAMPLE: &str = "Example:
  certgate config show --profile team --output json

The configuration file has a section a profile; every line may be left out:
  [team]
  transport = \"xml\"
  xml_endpoint = \"https://gateway.autodns.com\"
  json_endpoint = \"https://api.autodns.com/v1\"
  user = \"user\"
  context = 9
  owner = \"subuser\"
  owner_context = 9
  language = \"de\"
  password_command = \"pass show certgate\"  # or password_file; never a password
  store = \"store.sqlite\"                  # or \"postgres://db.example/certgate\"
  store_password_command = \"pass show db\" # the database's, without ~/.pgpass
  ca_file = \"roots.pem\"                    # paths are relative to this file
  proxy = \"http://proxy.example:3128\"      # with a password: mode 0600
  routes = \"live\"                          # or documented
  time_zone = \"Europe/Berlin\"
  certificates = [\"certificates\"]          # folders of status and renew-due
  stand_ins = [\"names\", \"emails\", \"phones\"]  # what --record replaces
  requests_per_second = 3
  pace_in_store = true                      # one pace for all with this store
  notify = \"tell-team\"                     # told what a run did or failed to do
  foreign = \"keep\"                         # or spool, stop, leave
  host = \"web1\"                            # this machine, in `hosts`
  settle_after = \"15m\"                     # then an unseen order never came
  body_limit = 16777216
  [team.timeouts]
  resolve = \"10s\"
  connect = \"15s\"
  send = \"30s\"
  answer = \"90s\"
  body = \"60s\"

An argument goes before the environment, that before the profile, that before the default. The environment's proxy is that of \
HTTPS_PROXY or ALL_PROXY, but for the hosts in NO_PROXY.";

/// The configuration
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    Init(init::Init),
    /// Show each setting and where it came from; the password's value never
    #[command(after_help = "Example:\n  certgate config show --profile team --output json", after_long_help = EXAMPLE)]
    Show,
    /// Print the path of the configuration file, whether or not there is one
    #[command(after_help = "Example:\n  \"$EDITOR\" \"$(certgate config path)\"")]
    Path,
    /// Print the JSON Schema of a file of declared certificates (certificates.toml)
    #[command(after_help = "Example:\n  certgate config schema > certificates.schema.json")]
    Schema,
}

impl Config {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        match self {
            Self::Init(command) => command.run(app),
            Self::Show => settings::show(app, &app.settings()?),
            Self::Path => path(app),
            Self::Schema => {
                let schema = schema();
                app.stdout.print(&if app.json() { json!({ "schema": 1, "jsonSchema": schema }) } else { schema });
                Ok(Exit::DONE)
            }
        }
    }
}

fn path(app: &App) -> Result<Exit, Failure> {
    let path = app.config_file()?;
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "path": document::path(&path), "exists": path.exists() }));
    } else {
        app.stdout.line(&printable(&path.display().to_string()));
    }
    Ok(Exit::DONE)
}
