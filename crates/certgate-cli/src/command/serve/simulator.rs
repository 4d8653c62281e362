//! `certgate serve simulator`.

use certgate_domain::Protocol;
use clap::Args;

use crate::{
    app::App,
    args::{listening::Listening, simulating::Simulating},
    command::serve::{Gateways, serve},
    exit::{Exit, Failure},
};

/// The simulator: XML at /xml, JSON at /v1
///
/// The gateway itself, with the documented page's world, for trying out.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  certgate serve simulator --listen 127.0.0.1:8080
  CERTGATE_PASSWORD=password certgate info 571 --user user --context 9 \\
    --endpoint http://127.0.0.1:8080/v1")]
pub(crate) struct Simulator {
    #[command(flatten)]
    listening: Listening,
    #[command(flatten)]
    simulating: Simulating,
}

impl Simulator {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let Self { listening, simulating } = self;
        serve(app, simulating.gateway()?, &listening, &Protocol::ALL, Gateways::default())
    }
}
