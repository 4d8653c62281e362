//! `certgate convert`.

use std::path::{Path, PathBuf};

use certgate::payload::Side;
use certgate_domain::Protocol;
use clap::Args;

use crate::{
    app::App,
    args::{payload::PayloadArgs, protocol},
    common::conversion::{Conversion, files},
    exit::{Exit, Failure, Kind},
    ui::{conversion as ui, payload::told},
};

/// Turn payload files into the other protocol's
///
/// Protocol, side and task are those that a payload itself shows, unless they are given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate convert legacy.xml
  certgate convert --curl legacy.xml
  certgate convert --pretty --task certificate-reissue body.json
  certgate convert templates --out converted

Places for values that are filled in later stay: {{name}}, ${name} and %NAME%.")]
pub(crate) struct Convert {
    /// The protocol of the file [default: what the payload shows]
    #[arg(long, value_parser = protocol())]
    from: Option<Protocol>,
    /// The protocol to turn it into [default: the other one]
    #[arg(long, value_parser = protocol())]
    to: Option<Protocol>,
    #[command(flatten)]
    payload: PayloadArgs,
    /// Write XML on several lines, as JSON always is
    #[arg(long, conflicts_with = "curl")]
    pretty: bool,
    /// Show requests as lines for the shell, to be sent by curl
    #[arg(long, conflicts_with = "out")]
    curl: bool,
    /// Write what comes out into this folder, under the same names
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The payload, - for standard input; a folder, with --out
    file: PathBuf,
}

impl Convert {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let hints = self.payload.of(self.from);
        let conversion = Conversion::new(app, hints, self.to, self.pretty)?;
        if self.file.is_dir() {
            return conversion.folder(app, &self.file, self.out.as_deref());
        }
        let converted = conversion.convert(&self.file)?;
        if self.curl && converted.kind.side == Side::Response {
            return Err(Failure::usage(format!("{}: a response: --curl sends requests", self.file.display())));
        }
        told(app, &self.file, hints, &converted.kind);
        if let Some(out) = &self.out {
            let name = Path::new(self.file.file_name().unwrap_or_default());
            files::write(&files::target(out, name, converted.to, converted.kind.side), &converted.text)?;
        }
        if app.json() {
            app.stdout.print(&ui::document(&converted, self.curl));
        } else if self.out.is_none() {
            ui::payload(app, &converted, self.curl);
        }
        ui::warn(app, "", &converted);
        match converted.reason().filter(|_| app.strict) {
            Some(why) => Err(Failure::new(Kind::CheckFailed, format!("{why} (--strict)")).said()),
            None => Ok(Exit::DONE),
        }
    }
}
