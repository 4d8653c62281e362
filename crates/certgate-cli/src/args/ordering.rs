//! What an order asks for, and how it is waited for.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use certgate::{
    CertificateSettings, ForeignMessages, OrderRequest, RunOptions, Spool, certificate_settings::ValidationMethod,
    config::parse_duration,
};
use certgate_files::check_room;
use certgate_flow::Purpose;
use certgate_x509::CertificateRequest;
use clap::{
    Arg, Args, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser as _},
};

use super::{
    Global,
    install::Install,
    key::Keys,
    setting,
    validation::{ValidationArgs, check_zones},
};
use crate::{
    exit::Failure,
    streams::{input, say},
};

/// What is ordered, and how it is waited for.
#[derive(Debug, Args)]
pub(crate) struct Ordering {
    /// The product's code [default: the certificate's]
    #[arg(long)]
    product: Option<String>,
    /// The certificate's name [default: the certificate's]
    ///
    /// It changes only with a CSR that is for both names.
    #[arg(long)]
    name: Option<String>,
    /// Id of the administrative contact [default: the certificate's]
    #[arg(long, value_name = "ID", value_parser = setting::<i64>, allow_negative_numbers = true)]
    admin: Option<i64>,
    /// Id of the technical contact [default: the certificate's]
    #[arg(long, value_name = "ID", value_parser = setting::<i64>, allow_negative_numbers = true)]
    technical: Option<i64>,
    /// The server software, such as APACHE2 [default: the certificate's]
    #[arg(long)]
    software: Option<String>,
    /// The term [default: the certificate's]
    #[arg(long, value_name = "MONTHS", value_parser = setting::<i64>)]
    lifetime: Option<i64>,
    /// How control over the name is shown [default: the certificate's]
    #[arg(long, value_parser = PossibleValuesParser::new(["dns", "file", "email"]).try_map(|word| setting::<ValidationMethod>(&word)))]
    method: Option<ValidationMethod>,
    /// Whether the gateway publishes the DNS record itself [default: the certificate's]
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set)]
    provisioning: Option<bool>,
    #[command(flatten)]
    validation: ValidationArgs,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
    /// Order, and leave the waiting to `certgate resume`
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Show the requests and order nothing
    #[arg(long, conflicts_with = "no_wait")]
    pub(crate) dry_run: bool,
}

/// How an accepted order is waited for, and where its certificate goes.
#[derive(Debug, Args)]
pub(crate) struct Waiting {
    /// How long to wait in all: 90s, 30m, 2h
    #[arg(long, default_value = "30m", value_parser = parse_duration)]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) install: Install,
    #[command(flatten)]
    pub(crate) queue: Queue,
}

/// What is done with messages of others in the account's queue.
#[derive(Debug, Args)]
pub(crate) struct Queue {
    /// What to do with messages of others in the account's queue [default: the profile's `foreign`, else keep]
    #[arg(long, value_enum)]
    foreign: Option<Foreign>,
    /// Take messages of others off the queue into this folder (--foreign spool) [default: with --foreign spool they stay in the
    /// store until `certgate poll follow`]
    #[arg(long, value_name = "DIR")]
    spool: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Foreign {
    /// Confirm what is ours; leave each message of others where it is, and ask for the job meanwhile
    Keep,
    /// Store each durably, confirm it, go on
    Spool,
    /// Stop at the first (exit 6)
    Stop,
    /// Never touch the queue: ask for job and certificate
    Leave,
}

impl From<Foreign> for ForeignMessages {
    fn from(foreign: Foreign) -> Self {
        match foreign {
            Foreign::Keep => Self::Keep,
            Foreign::Spool => Self::Spool,
            Foreign::Stop => Self::Stop,
            Foreign::Leave => Self::Leave,
        }
    }
}

/// The help of what a new certificate has from no other.
pub(crate) fn of_new(argument: Arg) -> Arg {
    let help = match argument.get_id().as_str() {
        "product" => "The product's code, such as QUICKSSLPREMIUM: `certgate list` shows those of your certificates",
        "name" => "The certificate's name [default: the CSR's common name]",
        "admin" => "Id of the administrative contact: `certgate contact list`",
        "technical" => "Id of the technical contact: `certgate contact list`",
        "software" => "The server software, such as APACHE2 [default: the gateway's]",
        "lifetime" => "The term [default: the gateway's]",
        "method" => "How control over the name is shown [default: dns]",
        "provisioning" => "Whether the gateway publishes the DNS record itself [default: the gateway's]",
        "san" => "A name in the CSR besides --name",
        _ => return argument,
    };
    argument.help(help).long_help(help)
}

impl Ordering {
    /// The order that is asked for. What is not asked for is as remembered with the one in its folder.
    ///
    /// # Errors
    /// A file cannot be read, or the options do not go together.
    pub(crate) fn request(
        &self,
        global: &Global,
        purpose: Purpose,
        csr: Option<&Path>,
        keys: &Keys,
    ) -> Result<OrderRequest, Failure> {
        if global.password_stdin && csr == Some(Path::new("-")) {
            return Err(Failure::usage(
                "--password-stdin and --csr - both want standard input: give one of them as a file",
            ));
        }
        let mut settings = self.settings(global, keys)?;
        settings.csr = csr.map(Path::to_owned);
        let text = match csr {
            Some(path) if path != Path::new("-") => settings.read_csr()?,
            _ => csr.map(read_csr).transpose()?,
        };
        csr.zip(text.as_ref()).into_iter().for_each(|(path, (_, csr))| warn(path, csr));
        let request = settings.request_over(purpose, text, None)?;
        check_zones(global, &request)?;
        Ok(request)
    }

    /// What is asked for, but for the CSR, which may come by standard input.
    fn settings(&self, global: &Global, keys: &Keys) -> Result<CertificateSettings, Failure> {
        let mut settings = CertificateSettings::default();
        settings.product.clone_from(&self.product);
        settings.name.clone_from(&self.name);
        settings.admin = self.admin;
        settings.technical = self.technical;
        settings.software.clone_from(&self.software);
        settings.lifetime = self.lifetime;
        settings.method = self.method;
        settings.provisioning = self.provisioning;
        keys.say(&mut settings);
        self.validation.say(&mut settings, global)?;
        self.waiting.install.say(&mut settings);
        Ok(settings)
    }
}

impl Queue {
    /// Whether messages of others can be kept, before there is an order that would wait behind them.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let Some(folder) = &self.spool else { return Ok(()) };
        if let Some(foreign) = self.foreign.filter(|foreign| *foreign != Foreign::Spool) {
            let foreign = ForeignMessages::from(foreign).name();
            let text =
                format!("--spool takes messages off the queue, and --foreign {foreign} does not: give one of them");
            return Err(Failure::usage(text));
        }
        Spool::at(folder)?;
        check_room(folder)
            .map_err(|why| Failure::of_writing(&why, format!("--spool {}: cannot be written", folder.display())))
    }

    /// How a run treats the queue; `options` hold what the profile says.
    pub(crate) fn options(&self, options: RunOptions) -> RunOptions {
        let given = self.foreign.or(self.spool.as_ref().map(|_| Foreign::Spool)).map(Into::into);
        RunOptions { foreign: given.unwrap_or(options.foreign), spool: self.spool.clone(), ..options }
    }
}

/// A CSR from a file, checked before anything is sent: its text as it is sent, written anew, and its facts.
pub(crate) fn read_csr(path: &Path) -> Result<(String, CertificateRequest), Failure> {
    let request = csr_file(path)?;
    request.usable().map_err(|why| bad_csr(path, &why))?;
    Ok((request.as_sent(), request))
}

/// Says what is odd about a CSR.
pub(crate) fn warn(path: &Path, csr: &CertificateRequest) {
    csr.warnings().iter().for_each(|warning| say(&format!("certgate: warning: {}: {warning}", path.display())));
}

/// A CSR from a file, whatever it is worth.
pub(crate) fn csr_file(path: &Path) -> Result<CertificateRequest, Failure> {
    let bytes = input(path, 1 << 20).map_err(|why| bad_csr(path, &why))?;
    CertificateRequest::read(bytes).map_err(|why| bad_csr(path, &why))
}

fn bad_csr(path: &Path, why: &dyn fmt::Display) -> Failure {
    Failure::usage(format!("CSR {}: {why}", path.display()))
}
