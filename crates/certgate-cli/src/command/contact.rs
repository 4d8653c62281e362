//! `certgate contact`.

use std::path::PathBuf;

use certgate_domain::{
    AnyTask, TaskKind,
    task::{ContactDelete, ContactInfo, ContactList},
};
use clap::Subcommand;

use crate::{
    app::{App, Connection},
    common::exchange::{exchange, exchange_over, read_task, send},
    exit::{Exit, Failure},
    ui::{confirm::ask, document, listing::Listing},
};

/// The contacts of certificates
#[derive(Debug, Subcommand)]
pub(crate) enum Contact {
    /// Create a contact
    #[command(after_help = "Example:
  echo '{\"fname\":\"John\",\"lname\":\"Doe\",\"email\":\"john@example.com\"}' |
    certgate contact create --data - --sandbox")]
    Create {
        /// The contact, a JSON object in the API's shape; - for standard input
        #[arg(long, value_name = "FILE")]
        data: PathBuf,
        /// Create it although there is one like it (XML only)
        #[arg(long)]
        force: bool,
    },
    /// Change a contact: what is not given is taken away
    #[command(after_help = "Example:\n  certgate contact update 1120 --data contact.json")]
    Update {
        /// The contact's id
        #[arg(allow_negative_numbers = true)]
        id: i64,
        /// The whole contact, a JSON object in the API's shape; - for standard input
        #[arg(long, value_name = "FILE")]
        data: PathBuf,
    },
    /// Delete a contact
    #[command(after_help = "Example:\n  certgate contact delete 1121 --yes")]
    Delete {
        /// The contact's id
        #[arg(allow_negative_numbers = true)]
        id: i64,
        /// Do it without asking
        #[arg(short, long)]
        yes: bool,
    },
    /// Show a contact
    #[command(after_help = "Example:\n  certgate contact info 1120 --sandbox")]
    Info {
        /// The contact's id
        #[arg(allow_negative_numbers = true)]
        id: i64,
    },
    /// List contacts (exit 8 where there is none)
    #[command(after_help = "Example:\n  certgate contact list --filter lname=D* --sandbox")]
    List(Listing),
}

impl Contact {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let id_of = |exchange: &certgate::Exchange| {
            let object = exchange.answer.value.object.as_ref().and_then(|object| object.value.clone());
            object.unwrap_or_else(|| "a contact".to_owned())
        };
        match self {
            Self::Create { data, force } => {
                let task = read_task(app, TaskKind::ContactCreate, None, Some(&data))?;
                let mut connection = Connection::open(app, None)?;
                let force = force.then_some(certgate_domain::Lenient::Parsed(true));
                connection.client.options_mut().force_contact_create = force;
                let exchange = exchange_over(app, &mut connection, &task)?;
                document::done(app, &exchange, &id_of(&exchange))?;
            }
            Self::Update { id, data } => {
                let task = read_task(app, TaskKind::ContactUpdate, Some(id), Some(&data))?;
                document::done(app, &exchange(app, &task)?, &id.to_string())?;
            }
            Self::Delete { id, yes } => {
                ask(yes, &format!("Delete contact {id}? It cannot be undone."))?;
                let exchange = exchange(app, &AnyTask::from(ContactDelete::new(id)))?;
                document::done(app, &exchange, &format!("deleted: {id}"))?;
            }
            Self::Info { id } => {
                send(app, &ContactInfo::new(id).into())?;
            }
            Self::List(listing) => {
                let columns = ["id", "fname", "lname", "organization"];
                return listing.run(app, Connection::open(app, None)?, &columns, |query| ContactList { query }.into());
            }
        }
        Ok(Exit::DONE)
    }
}
