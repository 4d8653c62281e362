//! The declared certificates: a file that says which there are to be, and how each is ordered, validated and installed.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, HashMap},
    fmt, io,
    path::{Path, PathBuf},
};

use certgate_store::InstalledFolder;
use serde_json::{Map, Value, json};

use super::{
    plan::{DeclaredKey, Subject},
    survey::OpenOrders,
    task::{Task, TaskError},
    term::RenewBefore,
};
use crate::{
    CertificateSelector, CertificateSettings, Error, Journal, PreparationError,
    certificate_settings::{
        SettingValue as _, VALIDATION,
        table::{self, Table, TomlFile},
    },
    inventory::{InstalledCertificate, InventoryError, has_one, read_each, whole},
    selector::is_same_name,
};

/// A file of declared certificates.
#[derive(Debug, Clone)]
pub struct DeclaredFile {
    /// Who is told what a run did.
    pub notify: Option<NotifyCommand>,
    /// The certificates, in the order in which they stand there.
    pub certificates: Vec<Declared>,
}

/// The command that tells people what a run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifyCommand {
    /// A command of the shell.
    pub command: String,
    /// Where it runs: the file's folder.
    pub folder: PathBuf,
}

/// A certificate as it is declared.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Where it stands, such as `certificate 3`.
    pub place: String,
    /// Which certificate of the account it is: the `id`, else the `name`.
    pub selector: CertificateSelector,
    /// The machines that it is for; every one where none is named. The first one orders it, the others fetch what that one ordered.
    pub hosts: Vec<String>,
    /// How it is ordered, validated and installed: its own settings, else the defaults of the file.
    pub settings: CertificateSettings,
    /// Where its profile stands: the file, the certificate's place there and the line.
    pub place_of_profile: String,
}

impl Declared {
    /// A task of it with which nothing is to be done.
    pub fn task(&self) -> Task {
        Task::idle(self.selector.to_string(), self.settings.out.clone())
    }

    /// The other machine that orders it, and that this one of that name fetches it from.
    fn ordered_by(&self, host: Option<&str>) -> Option<&String> {
        self.hosts.first().filter(|first| Some(first.as_str()) != host)
    }

    /// Why nothing is done with one that is not there, where it was installed in its folder `before`: a disk is not mounted, or somebody
    /// emptied it.
    fn lost(
        &self,
        before: &BTreeMap<PathBuf, InstalledFolder>,
        host: Option<&str>,
        is_keyless: &dyn Fn(&Path) -> bool,
    ) -> Option<InventoryError> {
        let folder = self.settings.out.as_deref().filter(|_| self.ordered_by(host).is_none())?;
        let before = before.get(&whole(folder))?;
        let is_it = match &self.selector {
            CertificateSelector::Id(id) => before.certificate == Some(*id),
            CertificateSelector::Name(name) => before.name.as_ref().is_some_and(|there| is_same_name(there, name)),
        };
        is_it.then(|| InventoryError::Lost {
            folder: folder.to_owned(),
            selector: self.selector.clone(),
            settings: Box::new(self.settings.clone()),
            is_keyless: is_keyless(&whole(folder)),
        })
    }

    /// Whether it is for a machine of that name.
    fn is_for(&self, host: Option<&str>) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|named| Some(named.as_str()) == host)
    }
}

/// Why a file of declared certificates cannot be used.
#[derive(Debug)]
pub struct DeclaredError {
    /// The file.
    pub path: PathBuf,
    /// Who is told of it, as far as that could be read.
    pub notify: Option<NotifyCommand>,
    /// What was found, where, and what was expected, a text each.
    pub problems: Vec<String>,
}

impl fmt::Display for DeclaredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [only] => write!(f, "{}: {only}", self.path.display()),
            several => write!(f, "{}:\n  {}", self.path.display(), several.join("\n  ")),
        }
    }
}

impl std::error::Error for DeclaredError {}

/// What a certificate has besides settings.
const OWN: [&str; 2] = ["id", "hosts"];
/// The command that tells people what a run did: the file's own.
const NOTIFY: &str = "notify";

/// Reads a file of declared certificates. Paths in it start from its folder, and so do its commands. Profiles that it names are those
/// of the configuration file `config`, unless it names another one; without either, those of the platform's.
///
/// # Errors
/// The file cannot be read, or something in it cannot be used: all that is wrong is said at once.
pub fn read_declared(path: &Path, config: Option<&Path>) -> Result<DeclaredFile, DeclaredError> {
    let bad = |why: String| DeclaredError { path: path.to_owned(), notify: None, problems: vec![why] };
    // It names commands that are run.
    let file = certgate_files::read_trusted(path).map_err(|why| bad(why.reason()))?;
    let text = &file.text().map_err(|why| bad(why.reason()))?;
    let folder = std::path::absolute(certgate_files::parent(path)).map_err(|why: io::Error| bad(why.to_string()))?;
    let read = table::of_toml(text, &["defaults", "certificate"], &[NOTIFY]);
    let TomlFile { tables, mut values, mut problems } = read.unwrap_or_else(|why| {
        // Who is to be told may stand above what is no TOML.
        let above = text.split("\n[").next().unwrap_or_default();
        let above = table::of_toml(above, &[], &[NOTIFY]).unwrap_or_default();
        TomlFile { problems: vec![why], ..above }
    });
    let notify = values.take_text(NOTIFY).unwrap_or_else(|why| {
        problems.push(why);
        None
    });
    let (mut defaults, mut place_of_default) = (CertificateSettings::default(), None);
    for (at, table) in tables.iter().filter(|(name, _)| name == "defaults").flat_map(|(_, tables)| tables).enumerate() {
        match table.settings(&[]) {
            Ok(_) if at > 0 => {
                problems.push(format!("defaults: {}", table.at(&[], "stands there twice: write one")));
            }
            Ok(settings) => {
                let mut table = table.clone();
                "defaults".clone_into(&mut table.place);
                let place = table.place_of_profile(path);
                (defaults, place_of_default) = (settings, table.has("profile").then_some(place));
            }
            Err(why) if table.has(NOTIFY) => {
                problems.push(format!("defaults: {why}; `{NOTIFY}` is the file's own: write it above the first table"));
            }
            Err(why) => problems.push(format!("defaults: {why}")),
        }
    }
    let (mut found, mut folders, mut selected) = (Vec::new(), OutFolders::default(), HashMap::new());
    for (_, tables) in tables.into_iter().filter(|(name, _)| name == "certificate") {
        for mut table in tables {
            let place = table.place.clone();
            match declared(&mut table, &defaults, path, &folder, config) {
                Ok(mut one) => {
                    if let Some(place) = place_of_default.as_ref().filter(|_| !table.has("profile")) {
                        one.place_of_profile.clone_from(place);
                    }
                    let same = one.settings.out.as_deref().and_then(|out| folders.problem(out, &place));
                    problems.extend(same.map(|why| format!("{place}: {}", table.at(&["out"], why))));
                    // One name in two accounts is two certificates.
                    let of_account = (one.settings.profile.clone(), one.selector.spelled());
                    if let Some(other) = selected.insert(of_account, place.clone()) {
                        let why = format!("{other} declares {} too", one.selector);
                        problems.push(format!("{place}: {}", table.at(&["id", "name"], why)));
                    }
                    found.push(one);
                }
                Err(why) => problems.push(format!("{place}: {why}")),
            }
        }
    }
    let notify = notify.map(|command| NotifyCommand { command, folder });
    if !problems.is_empty() {
        return Err(DeclaredError { path: path.to_owned(), notify, problems });
    }
    Ok(DeclaredFile { notify, certificates: found })
}

/// The folders that the certificates of a file go into.
#[derive(Default)]
pub(crate) struct OutFolders {
    places: HashMap<PathBuf, String>,
    parents: HashMap<PathBuf, PathBuf>,
}

impl OutFolders {
    /// What is wrong with a folder for what stands at a place: two pairs in one folder are one key that is lost.
    pub(crate) fn problem(&mut self, out: &Path, place: &str) -> Option<String> {
        let folder = self.real(out);
        let other = self.places.insert(folder, place.to_owned())?;
        Some(format!("its `out` is that of {other} too"))
    }

    /// A folder without links and steps upwards. Thousands lie in one folder, whose own path is looked up once.
    fn real(&mut self, folder: &Path) -> PathBuf {
        match (folder.parent(), folder.file_name()) {
            (Some(parent), Some(name)) if !folder.is_symlink() => {
                self.parents.entry(parent.to_owned()).or_insert_with(|| whole(parent)).join(name)
            }
            _ => whole(folder),
        }
    }
}

fn declared(
    table: &mut Table,
    defaults: &CertificateSettings,
    path: &Path,
    folder: &Path,
    config: Option<&Path>,
) -> Result<Declared, String> {
    let (id, named) = (table.take("id"), table.take("hosts"));
    let place_of_profile = table.place_of_profile(path);
    let hosts = hosts(named).map_err(|why| table.at(&["hosts"], why))?;
    let settings = table.settings(&OWN)?.or(defaults).absolute(folder).with_profiles_of(config);
    let read = |id: Value| {
        let read = id.as_i64().filter(|id| *id > 0);
        read.ok_or_else(|| format!("`id`: found `{id}`, expected the number of a certificate, 1 or more"))
    };
    let id = id.map(read).transpose().map_err(|why| table.at(&["id"], why))?;
    let selector = match (id, &settings.name) {
        (Some(id), _) => CertificateSelector::Id(id),
        (None, Some(name)) => name.parse().map_err(|why| table.at(&["name"], format!("`name`: {why}")))?,
        (None, None) => {
            return Err(table.at(&[], "which certificate it is does not stand in it: give `id` or `name`"));
        }
    };
    if id.is_none() && settings.csr.is_none() {
        settings.check_common_name().map_err(|why| table.at_settings(&why))?;
    }
    let mut settings = settings;
    settings.working_folder.get_or_insert_with(|| folder.to_owned());
    let Some(out) = &settings.out else {
        return Err(table.at(&[], "where it is to be does not stand in it: give `out`, its folder"));
    };
    let checked = settings.installed_into(out).map(drop).and_then(|()| settings.validation().map(drop));
    checked.map_err(|why| table.at_settings(&why))?;
    Ok(Declared { place: table.place.clone(), selector, hosts, settings, place_of_profile })
}

/// The machines that a certificate names.
fn hosts(value: Option<Value>) -> Result<Vec<String>, String> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let names: Option<Vec<String>> = Vec::read(&value);
    let names = names.filter(|names| !names.is_empty() && names.iter().all(|name| !name.is_empty()));
    names.ok_or_else(|| format!("`hosts`: found `{value}`, expected the names of machines"))
}

/// The declared certificates of this machine with what is in place of each, and the store's orders of them that are not finished. `now` is in seconds
/// since 1970.
///
/// # Errors
/// The store cannot be read.
pub fn subjects_of_declared(declared: Vec<Declared>, journal: &Journal, now: i64) -> Result<Vec<Subject>, Error> {
    let mut open = OpenOrders::of(journal)?;
    let declared: Vec<Declared> = declared.into_iter().filter(|one| one.is_for(journal.host())).collect();
    let is_there = |one: &Declared| one.settings.out.as_deref().is_some_and(has_one);
    let there: Vec<bool> = declared.iter().map(is_there).collect();
    let before = if there.contains(&false) { journal.folders()? } else { BTreeMap::new() };
    let keyless = OnceCell::new();
    let is_keyless =
        |folder: &Path| keyless.get_or_init(|| journal.folders_without_keys().unwrap_or_default()).contains(folder);
    let mut subjects = Vec::with_capacity(declared.len());
    let mut left = declared.into_iter().zip(there);
    loop {
        let some: Vec<(Declared, bool)> = left.by_ref().take(AT_ONCE).collect();
        if some.is_empty() {
            return Ok(subjects);
        }
        let at = some.iter().filter(|(_, is_there)| *is_there);
        let at = at.filter_map(|(one, _)| Some((one.settings.out.as_deref()?, one.settings.file_owner.as_deref())));
        let mut found = read_each(&at.collect::<Vec<_>>(), now).into_iter();
        subjects.extend(some.into_iter().map(|(one, is_there)| {
            let found = if is_there { found.next() } else { one.lost(&before, journal.host(), &is_keyless).map(Err) };
            subject(one, found, &mut open, journal.host())
        }));
    }
}

/// So many folders are read at once: what is found in one is large, and soon part of what is known of its certificate.
const AT_ONCE: usize = 1000;

fn subject(
    declared: Declared,
    found: Option<Result<InstalledCertificate, InventoryError>>,
    open: &mut OpenOrders,
    host: Option<&str>,
) -> Subject {
    let ordered_by = declared.ordered_by(host).cloned();
    let Declared { place, selector, settings, .. } = declared;
    let folder = settings.out.clone();
    let renew_before = settings.renew_before.map(RenewBefore::of_every_run);
    let mut subject = Subject { place: Some(place), settings, renew_before, folder, ordered_by, ..Subject::default() };
    match found {
        Some(Ok(installed)) => subject.put_in(installed),
        Some(Err(mut why)) => {
            if let InventoryError::CertificateLost { certificate, settings, .. } = &mut why {
                certificate.get_or_insert_with(|| selector.clone());
                **settings = subject.settings.clone();
            }
            subject.unreadable = Some(why);
        }
        None => {}
    }
    let id = match &selector {
        CertificateSelector::Id(id) => Some(*id),
        CertificateSelector::Name(_) => subject.installed.as_ref().and_then(|installed| installed.id),
    };
    if subject.ordered_by.is_none() && subject.installed.is_some() {
        subject.declared_key = declared_key(&subject.settings).transpose().map(Box::new);
    }
    let own_folder = subject.folder.clone().filter(|_| subject.ordered_by.is_none());
    if let Some(folder) = own_folder {
        let new =
            if let (CertificateSelector::Name(name), None) = (&selector, id) { Some(name.as_str()) } else { None };
        subject.open = open.take(&folder, id, new);
        subject.left = open.take_left(&folder);
    }
    subject.selector = Some(selector);
    subject
}

/// What the file of the key or the CSR says that is declared.
fn declared_key(settings: &CertificateSettings) -> Result<Option<DeclaredKey>, TaskError> {
    if settings.key.is_none() && settings.csr.is_none() {
        return Ok(None);
    }
    let key = settings.key_source()?;
    if let Some((_, csr)) = settings.read_csr()? {
        return Ok(Some(DeclaredKey { hosts: csr.hosts().collect(), spki: csr.key.spki }));
    }
    let (Some(key), Some(folder)) = (key, &settings.out) else { return Ok(None) };
    let spki = key.public_key(folder).map_err(|why| Error::from(PreparationError::from(why)))?;
    Ok(spki.map(|spki| DeclaredKey { spki, hosts: Vec::new() }))
}

/// The JSON Schema of a file of declared certificates, made of the one list of settings.
pub fn schema() -> Value {
    let mut properties = Map::new();
    for field in CertificateSettings::FIELDS {
        let text: Vec<&str> = field.documentation.iter().map(|line| line.trim()).collect();
        let text = format!("{} Default: {}.", text.join(" "), field.default);
        properties.insert(field.name.to_owned(), described((field.schema)(), text));
    }
    let is_of_validation = |(name, _): &(&String, &Value)| VALIDATION.contains(&name.as_str());
    let of_validation: Map<String, Value> =
        properties.iter().filter(is_of_validation).map(|(name, value)| (name.clone(), value.clone())).collect();
    let validation = json!({ "type": "object", "additionalProperties": false, "properties": of_validation });
    let text = "How control over the names is shown: the same settings in a table of their own.";
    properties.insert("validation".to_owned(), described(validation, text));
    let flag = || json!({ "type": "boolean" });
    for (name, schema, of) in
        [("san", Vec::<String>::schema(), "names"), ("pkcs12", flag(), "formats"), ("jks", flag(), "formats")]
    {
        properties.insert(name.to_owned(), described(schema, format!("Another spelling of `{of}`.")));
    }
    let mut certificate = properties.clone();
    certificate.insert(
        "id".to_owned(),
        described(json!({ "type": "integer", "minimum": 1 }), "The gateway's id of the certificate."),
    );
    let text = "The machines that it is for: the first one orders it, the others fetch what that one ordered. Default: every one.";
    certificate.insert("hosts".to_owned(), described(Vec::<String>::schema(), text));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "certificates.toml: the declared certificates",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            NOTIFY: described(String::schema(), "The command of the shell that tells people once what a run did or failed to do."),
            "defaults": { "type": "object", "additionalProperties": false, "properties": properties },
            "certificate": {
                "type": "array",
                "items": {
                    "type": "object", "additionalProperties": false, "properties": certificate,
                    "anyOf": [{ "required": ["id"] }, { "required": ["name"] }],
                },
            },
        },
    })
}

fn described(mut schema: Value, text: impl Into<String>) -> Value {
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".to_owned(), Value::String(text.into()));
    }
    schema
}

#[cfg(test)]
mod tests;
