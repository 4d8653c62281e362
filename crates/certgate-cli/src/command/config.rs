//! `certgate config`.

mod init;

use certgate::estate::schema;
use clap::Subcommand;
use serde_json::json;

use crate::{
    app::App,
    exit::{Exit, Failure},
    streams::printable,
    ui::settings,
};

const EXAMPLE: &str = "Example:
  certgate config show --profile team --output json

The configuration file holds a section a profile, each line of which may be left out:
  [team]
  transport = \"xml\"
  xml_endpoint = \"https://gateway.autodns.com\"
  json_endpoint = \"https://api.autodns.com/v1\"
  user = \"user\"
  context = 9
  owner = \"subuser\"
  owner_context = 9
  language = \"de\"
  password_command = \"pass show certgate\"    # or password_file = \"FILE\"; never a password itself
  store = \"store.sqlite\"                    # or \"postgres://certgate@db.example/certgate\" for several machines
  store_password_command = \"pass show db\"   # the database's password, where neither PGPASSWORD nor ~/.pgpass has it
  ca_file = \"roots.pem\"                      # relative to this file
  proxy = \"http://proxy.example:3128\"        # with a password in it only you may read this file
  routes = \"live\"                            # or documented
  time_zone = \"Europe/Berlin\"
  certificates = [\"certificates\"]            # folders for `status` and `renew-due`, relative to this file
  stand_ins = [\"names\", \"emails\", \"phones\"] # what --record writes stand-ins for
  requests_per_second = 3
  notify = \"tell-team\"                      # a command that is told what renew-due and batch did or failed to do
  foreign = \"keep\"                           # messages of others in the queue: keep, spool, stop or leave
  settle_after = \"15m\"                       # an order that nothing shows of for longer never arrived
  body_limit = 16777216
  [team.timeouts]
  resolve = \"10s\"
  connect = \"15s\"
  send = \"30s\"
  answer = \"90s\"
  body = \"60s\"

An argument goes before the environment, that before the profile, that before the default. The environment's proxy is that of
ALL_PROXY, HTTPS_PROXY or HTTP_PROXY, but for the hosts in NO_PROXY.";

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
        app.stdout.print(&json!({ "schema": 1, "path": path, "exists": path.exists() }));
    } else {
        app.stdout.line(&printable(&path.display().to_string()));
    }
    Ok(Exit::DONE)
}
