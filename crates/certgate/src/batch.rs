//! The file of a batch: TOML, JSON lines or CSV, with an order a line, read whole before anything is sent.

mod made_before;

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
};

use certgate_domain::Certificate;
use certgate_flow::Purpose;
use certgate_store::Order;

use self::made_before::{MadeBefore, file_of, line_of};
use crate::{
    CertificateSelector, Client, Error, Journal, Namesake, OrderId, OrderRequest, SelectionError,
    certificate_settings::table::{self, Table},
    estate::account::AccountCertificate,
    estate::{FEW, OutFolders, Step, Task, TaskError},
    rerun::{Remaining, remaining, round},
    selector::{BadSelector, only, spelled},
};

/// The longest file that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// The id of a certificate that is still to be found by its name.
const UNFOUND: i64 = 0;

/// What a row holds besides settings.
const OWN: [&str; 2] = ["action", "id"];

/// An order of a batch.
#[derive(Debug, Clone)]
pub struct BatchOrder {
    /// Where it stands in the file, such as `line 3`.
    pub place: String,
    /// What is ordered.
    pub request: OrderRequest,
    /// What the store knows it by: the name of the file, and what is ordered of which certificate. The same again is the same order, also of a file that is
    /// called something else, where its folder is the same.
    pub key: String,
    /// The certificate, as the line names it; a new one has no name at the gateway yet.
    pub certificate: Option<CertificateSelector>,
    /// Where its profile stands: the file, and its place there.
    pub place_of_profile: String,
}

/// Why a batch cannot be run.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct BatchError {
    /// The file.
    pub path: PathBuf,
    /// What was found, where, and what was expected.
    pub why: String,
}

impl BatchError {
    /// What is wrong with single lines, each with its place.
    pub fn of_lines(path: &Path, problems: &[String]) -> Self {
        let why = format!("nothing was ordered:\n  {}", problems.join("\n  "));
        Self { path: path.to_owned(), why }
    }
}

/// Reads a batch. Paths in it are relative to its folder; profiles that it names stand in `config`, else in the platform's configuration
/// file.
///
/// # Errors
/// The file cannot be read, or a line of it cannot be ordered.
pub fn read(path: &Path, config: Option<&Path>) -> Result<Vec<BatchOrder>, BatchError> {
    let bad = |why: String| BatchError { path: path.to_owned(), why };
    let bytes = certgate_files::read_input(path, LARGEST + 1).map_err(|why| bad(why.reason()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(bad(format!("it is larger than {} MiB: divide it", LARGEST >> 20)));
    }
    let of_another_program = match bytes.as_slice() {
        [b'P', b'K', 3, 4, ..] => Some("a spreadsheet's own file or a ZIP archive: save the sheet as CSV"),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => Some("a workbook of Excel before 2007 (.xls): save the sheet as CSV"),
        [0x1F, 0x8B, ..] => Some("a compressed file (gzip): unpack it with `gunzip`"),
        _ => None,
    };
    if let Some(what) = of_another_program {
        return Err(bad(format!("it is {what}")));
    }
    let text = certgate_domain::decoded(&bytes);
    if text.trim_start().starts_with('<') {
        return Err(bad("it is HTML or XML: save it as CSV, TOML or JSON lines".to_owned()));
    }
    if let Some(at) = text.lines().position(|line| line.contains(char::REPLACEMENT_CHARACTER)) {
        return Err(bad(format!("line {}: neither UTF-8 nor UTF-16: save the file as UTF-8", at + 1)));
    }
    let text = text.as_str();
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_ascii_lowercase();
    let lines = match extension.as_str() {
        "toml" => table::of_toml(text, &["order"], &[]).and_then(|file| match file.problems.as_slice() {
            [] => Ok(file.tables.into_iter().flat_map(|(_, rows)| rows).collect()),
            problems => Err(problems.join("\n  ")),
        }),
        "csv" => table::of_csv(text, &OWN),
        "jsonl" | "ndjson" | "json" => table::of_json_lines(text),
        other => Err(format!("the ending `{other}` is not known: expected .toml, .jsonl or .csv")),
    };
    let lines: Vec<Table> = lines.map_err(|why| BatchError::of_lines(path, &[why]))?;
    if lines.is_empty() {
        let what = if extension == "csv" { "; the first line of CSV names the columns" } else { "" };
        return Err(bad(format!("no order in it{what}")));
    }
    let folder = std::path::absolute(certgate_files::parent(path)).map_err(|why| bad(why.to_string()))?;
    let (mut orders, mut problems, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut folders = OutFolders::default();
    for mut line in lines {
        let place = line.place.clone();
        match order(path, &folder, config, &mut line) {
            Ok(order) if seen.insert((order.request.profile.clone(), order.subject())) => {
                let install = order.request.install.as_ref();
                let same = install.and_then(|install| folders.problem(&install.folder, &place));
                problems.extend(same.map(|why| format!("{place}: {}", line.at(&["out"], why))));
                orders.push(order);
            }
            Ok(order) => {
                problems.push(format!("{place}: {}", line.at(&["id", "name", "csr"], order.repeated())));
            }
            Err(why) => problems.push(format!("{place}: {why}")),
        }
    }
    if problems.is_empty() { Ok(orders) } else { Err(BatchError::of_lines(path, &problems)) }
}

fn order(path: &Path, folder: &Path, config: Option<&Path>, line: &mut Table) -> Result<BatchOrder, String> {
    let place_of_profile = line.place_of_profile(path);
    let action = line.take("action").map(|action| action.as_str().map_or_else(|| action.to_string(), str::to_owned));
    let id = line.take("id").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
    let parsed = |id: String| id.parse().map_err(|why: BadSelector| line.at(&["id"], format!("id `{id}`: {why}")));
    let certificate: Option<CertificateSelector> = id.map(parsed).transpose()?;
    let purpose = match (action.as_deref(), &certificate) {
        // Of one that is named the id is found once the gateway can be asked.
        (None | Some("reissue"), Some(certificate)) => Purpose::Reissue(certificate.id().unwrap_or(UNFOUND)),
        (Some("renew"), Some(certificate)) => Purpose::Renew(certificate.id().unwrap_or(UNFOUND)),
        (None | Some("create"), None) => Purpose::Create,
        (Some("create"), Some(_)) => return Err(line.at(&["id"], "a new certificate has no `id` yet")),
        (Some(action @ ("reissue" | "renew")), None) => {
            return Err(line.at(&["action"], format!("{action} needs `id`")));
        }
        (Some(other), _) => {
            return Err(line.at(&["action"], format!("action `{other}`: expected create, reissue or renew")));
        }
    };
    let settings = line.settings(&OWN)?.absolute(folder).with_profiles_of(config);
    let request = settings
        .read_csr()
        .and_then(|csr| settings.request_over(purpose, csr, Some(folder)))
        .map_err(|why| line.at_settings(&why))?;
    let asked = match &request.csr {
        // Its end is its signature, which no other CSR has.
        Some((pem, _)) => {
            let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
            body.chars().rev().filter(|c| c.is_ascii_alphanumeric()).take(24).collect()
        }
        None if certificate.is_none() => request.new_certificate(),
        None => String::new(),
    };
    let id = certificate.as_ref().map_or_else(String::new, CertificateSelector::spelled);
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let key = format!("{file}:{}:{id}:{asked}", request.action());
    Ok(BatchOrder { place: line.place.clone(), request, key, certificate, place_of_profile })
}

/// A line of a batch in a run.
#[derive(Debug)]
pub struct BatchTask {
    /// What is left to do of it.
    pub task: Task,
    /// Where it stands in the file.
    pub place: String,
    /// What was changed in the line since it was ordered, a text each.
    pub changed: Vec<String>,
}

/// What is left to do of each line. `again` orders anew what the same lines ordered before. A certificate that is to be ordered and is named is
/// looked for in the account's list, of which the whole is asked for where more than a few are, be it to see whose their names are; the second
/// line of one certificate, whatever it calls it, is wrong, and so is a second one of the same new one. `seen` holds those of the lines before,
/// each with its account, which several profiles may be.
///
/// # Errors
/// The store cannot be read, or the gateway could not be asked.
pub fn tasks(
    mut orders: Vec<BatchOrder>,
    journal: &Journal,
    client: &mut Client,
    again: bool,
    seen: &mut BTreeSet<(String, String)>,
) -> Result<Vec<BatchTask>, Error> {
    let made = MadeBefore::read(journal, again)?;
    let mut known = Vec::new();
    for order in &orders {
        known.push(made.orders_of(order, journal)?);
    }
    let is_sought = |(order, left): &(&BatchOrder, Remaining<'_>)| match (&order.certificate, left) {
        (Some(CertificateSelector::Name(_)), Remaining::Place) => true,
        (Some(CertificateSelector::Id(_)), Remaining::Place) => order.request.lacks_its_name_alone(),
        _ => false,
    };
    let is_listed = orders.iter().zip(left(&known, again).1).filter(is_sought).nth(FEW).is_some();
    let listed = if is_listed { Some(by_name(AccountCertificate::all(client)?.0)) } else { None };
    let mut find = |certificate: &CertificateSelector| match (certificate, &listed) {
        (CertificateSelector::Name(name), Some(listed)) => {
            only(name, listed.get(&certificate.spelled()).cloned().unwrap_or_default())
        }
        _ => certificate.find(client),
    };
    let is_left = |known: &[Order]| matches!(remaining(known, 0, false), Remaining::Place);
    if known.iter().any(|known| is_left(known)) {
        let own = orders.iter().map(|order| line_of(&order.key).to_owned()).collect();
        for (order, known) in orders.iter_mut().zip(&mut known).filter(|(_, known)| is_left(known)) {
            // One that is not found is told where it is ordered.
            if let Err(SelectionError::Gateway(why)) = order.find(&mut find) {
                return Err(why);
            }
            known.splice(..0, made.orders_of_renamed(order, &own, journal)?);
        }
    }
    let (round, left) = left(&known, again);
    let task = |(mut order, remaining): (BatchOrder, Remaining<'_>)| {
        let (title, repeated) = (order.title(), order.repeated());
        let mut changed = Vec::new();
        let certificate = match remaining {
            Remaining::Place => match order.find(&mut find) {
                Err(SelectionError::Gateway(why)) => return Err(why),
                found => found.map_err(TaskError::from),
            },
            Remaining::Nothing(known) | Remaining::Resume(known) => Ok(known.order.certificate),
        };
        let checked = certificate.and_then(|id| {
            let subject = id.map_or_else(|| order.subject(), |id| id.to_string());
            if seen.insert((journal.account().to_owned(), subject)) { Ok(()) } else { Err(repeated) }
        });
        let (id, step) = match (checked, remaining) {
            (Err(why), _) => (OrderId::new(), Step::Failed(why)),
            (Ok(()), Remaining::Nothing(known)) => {
                changed = order.changed_since(known);
                (OrderId::from(known.order.id.as_str()), Step::Done(Box::new(known.clone())))
            }
            (Ok(()), Remaining::Resume(known)) => {
                changed = order.changed_since(known);
                let id = OrderId::from(known.order.id.as_str());
                (id, Step::carrying_on(known, order.request.install.clone()))
            }
            (Ok(()), Remaining::Place) => {
                if let (Some(id), Some(name), Some(listed)) =
                    (order.request.certificate(), &order.request.name, &listed)
                {
                    let named = listed.get(&spelled(name));
                    order.request.is_own_name = named.is_some_and(|named| named.iter().any(|one| one.id == id));
                }
                let batch = Some((order.key.clone(), round));
                (OrderId::new(), Step::Place { request: Box::new(order.request), known: None, batch })
            }
        };
        Ok(BatchTask { task: Task::new(id, title, step), place: order.place, changed })
    };
    orders.into_iter().zip(left).map(task).collect()
}

/// What processes share of a line: whoever claims it orders it.
pub(crate) fn work_of(key: &str) -> String {
    format!("line {}", line_of(key))
}

/// The round that a run belongs to, and what is left to do of each line, by its orders.
fn left(known: &[Vec<Order>], again: bool) -> (u64, Vec<Remaining<'_>>) {
    let round = round(known, again);
    (round, known.iter().map(|known| remaining(known, round, again)).collect())
}

/// The certificates of an account by their names.
fn by_name(all: Vec<AccountCertificate>) -> HashMap<String, Vec<Namesake>> {
    let mut by_name: HashMap<String, Vec<Namesake>> = HashMap::new();
    for AccountCertificate { id, name, not_after, .. } in all {
        if let Some(id) = id {
            by_name.entry(spelled(&name)).or_default().push(Namesake { id, ends: not_after });
        }
    }
    by_name
}

/// Takes out what would go wrong with what is to be ordered, as far as it can be known before: each with its place in the file.
pub fn problems(tasks: &mut [BatchTask]) -> impl Iterator<Item = (&str, TaskError)> {
    tasks.iter_mut().filter_map(|BatchTask { task, place, .. }| {
        let why = match std::mem::replace(&mut task.step, Step::Nothing) {
            Step::Failed(why) => Some(why),
            step => {
                task.step = step;
                let checked = task
                    .request()
                    .map(|request| request.check().and_then(|()| request.check_in_place(&Certificate::default())));
                checked.and_then(Result::err).map(|why| Error::from(why).into())
            }
        };
        Some((place.as_str(), why?))
    })
}

/// What is odd about the CSRs of what is to be ordered: each with its place in the file.
pub fn warnings(tasks: &[BatchTask]) -> impl Iterator<Item = (&str, String)> {
    let csr = |line: &BatchTask| Some(line.task.request()?.csr.as_ref()?.1.warnings());
    tasks.iter().flat_map(move |line| csr(line).into_iter().flatten().map(|warning| (line.place.as_str(), warning)))
}

impl BatchOrder {
    /// What may be ordered once in a file for an account: an existing certificate, whatever is done to it, or a new one.
    fn subject(&self) -> String {
        self.certificate.as_ref().map_or_else(|| self.key.clone(), CertificateSelector::spelled)
    }

    /// Why it is not ordered where a line before orders the same.
    fn repeated(&self) -> TaskError {
        let repeated = if self.certificate.is_some() { TaskError::Repeated } else { TaskError::RepeatedNew };
        repeated(self.title())
    }

    /// Finds the id of the certificate that is meant, once; a new one has none.
    fn find(
        &mut self,
        find: &mut dyn FnMut(&CertificateSelector) -> Result<i64, SelectionError>,
    ) -> Result<Option<i64>, SelectionError> {
        match (&self.certificate, &mut self.request.purpose) {
            (Some(certificate), Purpose::Reissue(id) | Purpose::Renew(id)) => {
                if *id == UNFOUND {
                    *id = find(certificate)?;
                }
                Ok(Some(*id))
            }
            _ => Ok(None),
        }
    }

    /// Whether what the store knows by that key asked for the same of its certificate, whatever the line called that.
    fn asks_what(&self, key: &str) -> bool {
        key.rsplit(':').next() == self.key.rsplit(':').next()
    }

    /// What is another in the line than in the order that was made of it.
    pub fn changed_since(&self, ordered: &Order) -> Vec<String> {
        let mut changed = Vec::new();
        let file = ordered.order.batch.as_deref().map(file_of);
        if let Some(file) = file.filter(|file| *file != file_of(&self.key)) {
            changed.push(format!("it was a line of {file}"));
        }
        let now = self.request.install.as_ref().map(|install| &install.folder);
        let before = ordered.order.resume.install.as_ref().map(|install| &install.folder);
        if let Some(out) = now.filter(|out| before != Some(*out)) {
            let out = out.display();
            changed.push(format!("`out` is {out} now, and nothing was written there"));
        }
        if let (Some(product), Some(before)) = (&self.request.product, &ordered.order.product)
            && product != before
        {
            changed.push(format!("`product` is {product} now, and {before} was ordered"));
        }
        changed
    }

    /// What it is called: the certificate's id and name.
    pub fn title(&self) -> String {
        let of_request = || self.request.csr.as_ref()?.1.name().map(str::to_owned);
        let name = self.request.name.clone().or_else(of_request);
        match (&self.certificate, name) {
            (None, name) => name.unwrap_or_else(|| "new".to_owned()),
            (Some(CertificateSelector::Id(id)), Some(name)) => format!("{id} {name}"),
            (Some(certificate), _) => certificate.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
