//! `certgate convert`.

use std::path::{Path, PathBuf};

use certgate::Settings;
use certgate_domain::{Protocol, TaskKind};
use clap::Args;

use crate::{
    app::App,
    args::{Side, protocol},
    common::{
        conversion::{Conversion, files},
        payload::task_kind,
    },
    exit::{Exit, Failure, Kind, worst},
    ui::conversion as ui,
};

/// Turn payload files into the other protocol's
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate convert --from xml --to json --side request legacy.xml
  certgate convert --from xml --to json --side request --curl legacy.xml
  certgate convert --from xml --to json --side request templates --out converted

Places for values that are filled in later stay: {{name}}, ${name} and %NAME%.")]
pub(crate) struct Convert {
    /// The protocol of the file
    #[arg(long, value_parser = protocol())]
    from: Protocol,
    /// The protocol to turn it into
    #[arg(long, value_parser = protocol())]
    to: Protocol,
    /// The task; may be left out where the payload says it
    #[arg(long, value_parser = task_kind)]
    task: Option<TaskKind>,
    /// Which side of the exchange the payload is
    #[arg(long, value_enum)]
    side: Side,
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
        if self.curl && self.side == Side::Response {
            return Err(Failure::usage("--curl sends requests: give --side request"));
        }
        let conversion = Conversion { from: self.from, to: self.to, task: self.task, side: self.side };
        let settings = app.settings_over(Some(self.to))?;
        if self.file.is_dir() {
            return self.folder(app, &conversion, &settings);
        }
        let converted = conversion.convert(&settings, &self.file)?;
        if let Some(out) = &self.out {
            let name = Path::new(self.file.file_name().unwrap_or_default());
            files::write(&conversion.target(out, name), &converted.text)?;
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

    /// Every payload of a folder and those below it. One that cannot be converted does not stop the rest.
    fn folder(&self, app: &App, conversion: &Conversion, settings: &Settings) -> Result<Exit, Failure> {
        let Some(out) = &self.out else {
            return Err(Failure::usage(format!(
                "{}: a folder is converted into another one: give --out DIR",
                self.file.display()
            )));
        };
        let (mut rows, mut kinds) = (Vec::new(), Vec::new());
        for file in conversion.files(&self.file, out)? {
            let done = conversion.convert(settings, &file.path).and_then(|converted| {
                files::write(&file.target, &converted.text)?;
                Ok(converted)
            });
            rows.push(ui::row(app, &file.name, &file.target, &done));
            kinds.push(match done {
                Ok(converted) => converted.reason().filter(|_| app.strict).map(|_| Kind::CheckFailed),
                Err(failure) => Some(failure.kind()),
            });
        }
        ui::rows(app, &rows);
        Ok(worst(kinds.into_iter()).into())
    }
}
