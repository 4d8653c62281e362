//! The file of a batch: TOML, JSON lines or CSV, read and checked whole before anything is sent.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use certgate::{InstallOptions, installation::durable};
use certgate_domain::words::{AuthMethod, ServerSoftware};
use certgate_flow::{ForeignMessages, Purpose, Wanted};
use certgate_store::Order;
use certgate_x509::CertificateRequest;
use serde::Deserialize;
use std::time::Duration;

use crate::{command::order::read_csr, exit::Failure};

/// A line of a batch.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) struct Line {
    /// `create`, `reissue`, `renew`; a reissue where an id is given, else a new one.
    action: Option<String>,
    id: Option<i64>,
    csr: Option<PathBuf>,
    product: Option<String>,
    name: Option<String>,
    admin: Option<i64>,
    technical: Option<i64>,
    software: Option<String>,
    lifetime: Option<i64>,
    method: Option<String>,
    provisioning: Option<bool>,
    out: Option<PathBuf>,
}

/// An order of a batch, checked.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) purpose: Purpose,
    pub(crate) csr: Option<(String, CertificateRequest)>,
    pub(crate) line: Line,
    pub(crate) out: Option<PathBuf>,
    /// What the store knows it by: the same line of the same file again is the same order.
    pub(crate) key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Toml {
    order: Vec<Line>,
}

/// Reads a batch. Paths in it are relative to its folder.
pub(crate) fn read(path: &Path) -> Result<Vec<Planned>, Failure> {
    let bad = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let text = fs::read_to_string(path).map_err(|why| bad(why.to_string()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_ascii_lowercase();
    let lines: Vec<(String, Line)> = match extension.as_str() {
        "toml" => {
            let file: Toml = toml::from_str(text).map_err(|why| bad(why.to_string()))?;
            file.order.into_iter().enumerate().map(|(at, line)| (format!("order {}", at + 1), line)).collect()
        }
        "csv" => {
            let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
            let rows = reader.deserialize().enumerate().map(|(at, row)| {
                row.map(|line| (format!("line {}", at + 2), line)).map_err(|why| bad(why.to_string()))
            });
            rows.collect::<Result<_, _>>()?
        }
        "jsonl" | "ndjson" | "json" => {
            let rows = text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty()).map(|(at, row)| {
                let line = format!("line {}", at + 1);
                serde_json::from_str(row).map(|read| (line.clone(), read)).map_err(|why| bad(format!("{line}: {why}")))
            });
            rows.collect::<Result<_, _>>()?
        }
        other => return Err(bad(format!("the ending `{other}` is not known: expected .toml, .jsonl or .csv"))),
    };
    if lines.is_empty() {
        return Err(bad("no order in it".to_owned()));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (mut planned, mut problems, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (place, line) in lines {
        match plan(&file, folder, line) {
            Ok(order) if seen.insert(order.subject()) => planned.push(order),
            Ok(order) => {
                let title = order.title();
                problems.push(format!("{place}: an order of the same, {title}, stands in the file before"));
            }
            Err(why) => problems.push(format!("{place}: {why}")),
        }
    }
    if problems.is_empty() {
        return Ok(planned);
    }
    Err(bad(format!("nothing was sent:\n  {}", problems.join("\n  "))))
}

fn plan(file: &str, folder: &Path, line: Line) -> Result<Planned, String> {
    let purpose = match (line.action.as_deref(), line.id) {
        (None | Some("reissue"), Some(id)) => Purpose::Reissue(id),
        (Some("renew"), Some(id)) => Purpose::Renew(id),
        (None | Some("create"), None) => Purpose::Create,
        (Some("create"), Some(_)) => return Err("a new certificate has no `id` yet".to_owned()),
        (Some(action @ ("reissue" | "renew")), None) => return Err(format!("{action} needs `id`")),
        (Some(other), _) => return Err(format!("action `{other}`: expected create, reissue or renew")),
    };
    let csr = match &line.csr {
        Some(path) => Some(read_csr(&folder.join(path)).map_err(|failure| failure.to_string())?),
        None if matches!(purpose, Purpose::Renew(_)) => None,
        None => return Err("`csr` is missing: the file of the CSR".to_owned()),
    };
    if purpose == Purpose::Create {
        let missing = [
            ("product", line.product.is_none()),
            ("admin", line.admin.is_none()),
            ("technical", line.technical.is_none()),
        ];
        if let Some((name, _)) = missing.iter().find(|(_, missing)| *missing) {
            return Err(format!("a new certificate needs `{name}`"));
        }
    }
    if let Some(method) = &line.method
        && !matches!(
            AuthMethod::from(method.to_ascii_uppercase().as_str()),
            AuthMethod::Dns | AuthMethod::File | AuthMethod::Email
        )
    {
        return Err(format!("method `{method}`: expected dns, file or email"));
    }
    if line.lifetime.is_some_and(|months| months < 1) {
        return Err("lifetime: expected months, 1 or more".to_owned());
    }
    if let (Some(name), Some((_, request))) = (&line.name, &csr)
        && !request.asks_for(name)
    {
        return Err(format!("the CSR is not for `{name}`"));
    }
    // The end of a CSR is its signature, which no other CSR has.
    let signature: String = csr.as_ref().map_or_else(String::new, |(pem, _)| {
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        body.chars().rev().filter(|c| c.is_ascii_alphanumeric()).take(24).collect()
    });
    let (action, id) = match purpose {
        Purpose::Create => ("create", String::new()),
        Purpose::Reissue(id) => ("reissue", id.to_string()),
        Purpose::Renew(id) => ("renew", id.to_string()),
    };
    let out = line.out.as_ref().map(|out| folder.join(out));
    Ok(Planned { purpose, csr, out, key: format!("{file}:{action}:{id}:{signature}"), line })
}

impl Planned {
    /// What its workflow is to do.
    pub(crate) fn wanted(&self, deadline: Duration) -> Wanted {
        let Line { product, name, admin, technical, software, lifetime, method, provisioning, .. } = self.line.clone();
        Wanted {
            purpose: self.purpose,
            csr: self.csr.clone(),
            product,
            name,
            admin,
            technical,
            software: software.as_deref().map(ServerSoftware::from),
            lifetime,
            method: method.map(|method| AuthMethod::from(method.to_ascii_uppercase().as_str())),
            provisioning,
            approver: None,
            foreign: ForeignMessages::Delivered,
            deadline,
            wait: true,
        }
    }

    /// What may be ordered once in a file: an existing certificate, whatever is done to it, or a new one.
    fn subject(&self) -> String {
        match self.purpose {
            Purpose::Reissue(id) | Purpose::Renew(id) => id.to_string(),
            Purpose::Create => self.key.clone(),
        }
    }

    /// What is another in the line than in the order that was made of it.
    pub(crate) fn changed_since(&self, ordered: &Order) -> Vec<String> {
        let mut changed = Vec::new();
        let now = self.install().map(|install| install.folder);
        let before = ordered.order.resume.install.as_ref().map(|install| &install.folder);
        if let Some(out) = now.filter(|out| before != Some(out)) {
            let out = out.display();
            changed.push(format!("`out` is {out} now, and nothing was written there"));
        }
        if let (Some(product), Some(before)) = (&self.line.product, &ordered.order.product)
            && product != before
        {
            changed.push(format!("`product` is {product} now, and {before} was ordered"));
        }
        changed
    }

    /// Where its certificate goes, whatever folder a later process stands in.
    pub(crate) fn install(&self) -> Option<InstallOptions> {
        self.out.as_ref().map(|out| durable(&InstallOptions::into_folder(out)))
    }

    /// What it is called in output.
    pub(crate) fn title(&self) -> String {
        let of_request = || self.csr.as_ref()?.1.name().map(str::to_owned);
        let name = self.line.name.clone().or_else(of_request);
        match (self.purpose, name) {
            (Purpose::Create, name) => name.unwrap_or_else(|| "new".to_owned()),
            (Purpose::Reissue(id) | Purpose::Renew(id), Some(name)) => format!("{id} {name}"),
            (Purpose::Reissue(id) | Purpose::Renew(id), None) => id.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::read;

    #[test]
    fn three_forms_and_what_is_wrong_with_them() {
        let folder = tempfile::tempdir().unwrap();
        let csr = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/_keys/example.com.csr");
        fs::copy(csr, folder.path().join("a.csr")).unwrap();
        let file = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).unwrap();
            read(&folder.path().join(name)).map_err(|failure| failure.to_string())
        };
        for (name, text) in [
            ("b.toml", "[[order]]\nid = 571\ncsr = \"a.csr\"\nout = \"x\"\n"),
            ("b.jsonl", "{\"id\":571,\"csr\":\"a.csr\",\"out\":\"x\"}\n\n"),
            ("b.csv", "id,csr,out\n571,a.csr,x\n"),
            ("b.toml", "\u{feff}[[order]]\nid = 571\ncsr = \"a.csr\"\nout = \"x\"\n"),
            ("b.jsonl", "\u{feff}{\"id\":571,\"csr\":\"a.csr\",\"out\":\"x\"}\n"),
            ("b.csv", "\u{feff}id,csr,out\n571,a.csr,x\n"),
        ] {
            let orders = file(name, text).unwrap();
            assert_eq!((orders.len(), orders[0].title().as_str()), (1, "571 example.com"), "{name}");
            assert_eq!(orders[0].out.as_deref(), Some(folder.path().join("x").as_path()));
        }
        for (name, text, said) in [
            (
                "b.csv",
                "id,csr\n571,a.csr\n571,a.csr\n",
                "line 3: an order of the same, 571 example.com, stands in the file before",
            ),
            // One certificate, whatever is ordered of it.
            (
                "b.csv",
                "id,csr,action\n571,a.csr,\n571,,renew\n",
                "line 3: an order of the same, 571, stands in the file before",
            ),
            ("b.csv", "id,csr\n571,none.csr\n", "line 2: CSR"),
            ("b.csv", "id,colour\n571,red\n", "unknown field `colour`"),
            ("b.jsonl", "{\"csr\":\"a.csr\"}", "line 1: a new certificate needs `product`"),
            ("b.jsonl", "{", "line 1: EOF"),
            ("b.toml", "", "missing field `order`"),
            (
                "b.toml",
                "[[order]]\naction = \"melt\"\nid = 1",
                "order 1: action `melt`: expected create, reissue or renew",
            ),
            ("b.toml", "[[order]]\nid = 1", "order 1: `csr` is missing"),
            (
                "b.toml",
                "[[order]]\nid = 1\ncsr = \"a.csr\"\nname = \"other.example\"",
                "the CSR is not for `other.example`",
            ),
            ("b.txt", "x", "the ending `txt` is not known"),
        ] {
            let error = file(name, text).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
