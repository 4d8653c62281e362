//! The file of a batch: TOML, JSON lines or CSV, with an order a line, read whole before anything is sent.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use certgate_domain::words::{AuthMethod, ServerSoftware};
use certgate_flow::Purpose;
use certgate_store::{InstallOptions, Order};
use serde::Deserialize;

use crate::{OrderRequest, installation::durable};

/// A line of a batch.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
struct Line {
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

/// An order of a batch.
#[derive(Debug, Clone)]
pub struct BatchOrder {
    /// Where it stands in the file, such as `line 3`.
    pub place: String,
    /// What is ordered.
    pub request: OrderRequest,
    /// What the store knows it by: the same line of the same file again is the same order.
    pub key: String,
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
        let why = format!("nothing was sent:\n  {}", problems.join("\n  "));
        Self { path: path.to_owned(), why }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Toml {
    order: Vec<Line>,
}

/// Reads a batch. Paths in it are relative to its folder.
///
/// # Errors
/// The file cannot be read, or a line of it cannot be ordered.
pub fn read(path: &Path) -> Result<Vec<BatchOrder>, BatchError> {
    let bad = |why: String| BatchError { path: path.to_owned(), why };
    let text = certgate_x509::pem::decoded(&fs::read(path).map_err(|why| bad(why.to_string()))?);
    if let Some(at) = text.lines().position(|line| line.contains(char::REPLACEMENT_CHARACTER)) {
        return Err(bad(format!("line {}: neither UTF-8 nor UTF-16: save the file as UTF-8", at + 1)));
    }
    let text = text.as_str();
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_ascii_lowercase();
    let lines: Vec<(String, Line)> = match extension.as_str() {
        "toml" => {
            let file: Toml = toml::from_str(text).map_err(|why| bad(why.to_string()))?;
            file.order.into_iter().enumerate().map(|(at, line)| (format!("order {}", at + 1), line)).collect()
        }
        "csv" => {
            let delimiter = delimiter(text);
            let mut reader =
                csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(text.as_bytes());
            let names =
                reader.headers().map_err(|why| bad(why.to_string()))?.iter().map(str::to_ascii_lowercase).collect();
            reader.set_headers(names);
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
    let (mut orders, mut problems, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (place, line) in lines {
        match order(&file, folder, &place, line) {
            Ok(order) if seen.insert(order.subject()) => orders.push(order),
            Ok(order) => {
                let title = order.title();
                problems.push(format!("{place}: an order of the same, {title}, stands in the file before"));
            }
            Err(why) => problems.push(format!("{place}: {why}")),
        }
    }
    if problems.is_empty() { Ok(orders) } else { Err(BatchError::of_lines(path, &problems)) }
}

/// What separates the fields of a CSV file, by its first line: spreadsheets write semicolons where the comma is the decimal sign.
fn delimiter(text: &str) -> u8 {
    let names = text.lines().next().unwrap_or_default();
    [b',', b';', b'\t'].into_iter().find(|separator| names.as_bytes().contains(separator)).unwrap_or(b',')
}

fn order(file: &str, folder: &Path, place: &str, line: Line) -> Result<BatchOrder, String> {
    let purpose = match (line.action.as_deref(), line.id) {
        (None | Some("reissue"), Some(id)) => Purpose::Reissue(id),
        (Some("renew"), Some(id)) => Purpose::Renew(id),
        (None | Some("create"), None) => Purpose::Create,
        (Some("create"), Some(_)) => return Err("a new certificate has no `id` yet".to_owned()),
        (Some(action @ ("reissue" | "renew")), None) => return Err(format!("{action} needs `id`")),
        (Some(other), _) => return Err(format!("action `{other}`: expected create, reissue or renew")),
    };
    let mut request = OrderRequest::new(purpose);
    match &line.csr {
        Some(path) => {
            let path = folder.join(path);
            let bad = |why: &dyn std::fmt::Display| format!("CSR {}: {why}", path.display());
            let bytes = fs::read(&path).map_err(|why| bad(&why))?;
            let read = certgate_x509::CertificateRequest::from_pem(bytes).map_err(|why| bad(&why))?;
            request.csr = Some((read.as_sent(), read));
        }
        None if matches!(purpose, Purpose::Renew(_)) => {}
        None => return Err("`csr` is missing: the file of the CSR".to_owned()),
    }
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
    let method = line.method.as_deref().map(|method| AuthMethod::from(method.to_ascii_uppercase().as_str()));
    if let Some(method) = &method
        && !matches!(method, AuthMethod::Dns | AuthMethod::File | AuthMethod::Email)
    {
        return Err(format!("method `{}`: expected dns, file or email", line.method.unwrap_or_default()));
    }
    if line.lifetime.is_some_and(|months| months < 1) {
        return Err("lifetime: expected months, 1 or more".to_owned());
    }
    if let (Some(name), Some((_, csr))) = (&line.name, &request.csr)
        && !csr.asks_for(name)
    {
        return Err(format!("the CSR is not for `{name}`"));
    }
    // The end of a CSR is its signature, which no other CSR has.
    let signature: String = request.csr.as_ref().map_or_else(String::new, |(pem, _)| {
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        body.chars().rev().filter(|c| c.is_ascii_alphanumeric()).take(24).collect()
    });
    let id = request.certificate().map_or_else(String::new, |id| id.to_string());
    let key = format!("{file}:{}:{id}:{signature}", request.action());
    request.product = line.product;
    request.name = line.name;
    request.admin = line.admin;
    request.technical = line.technical;
    request.software = line.software.as_deref().map(ServerSoftware::from);
    request.lifetime = line.lifetime;
    request.method = method;
    request.provisioning = line.provisioning;
    request.install = line.out.map(|out| durable(&InstallOptions::into_folder(folder.join(out))));
    Ok(BatchOrder { place: place.to_owned(), request, key })
}

impl BatchOrder {
    /// What may be ordered once in a file: an existing certificate, whatever is done to it, or a new one.
    fn subject(&self) -> String {
        self.request.certificate().map_or_else(|| self.key.clone(), |id| id.to_string())
    }

    /// What is another in the line than in the order that was made of it.
    pub fn changed_since(&self, ordered: &Order) -> Vec<String> {
        let mut changed = Vec::new();
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
        match (self.request.certificate(), name) {
            (None, name) => name.unwrap_or_else(|| "new".to_owned()),
            (Some(id), Some(name)) => format!("{id} {name}"),
            (Some(id), None) => id.to_string(),
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
            read(&folder.path().join(name)).map_err(|error| error.to_string())
        };
        for (name, text) in [
            ("b.toml", "[[order]]\nid = 571\ncsr = \"a.csr\"\nout = \"x\"\n"),
            ("b.jsonl", "{\"id\":571,\"csr\":\"a.csr\",\"out\":\"x\"}\n\n"),
            ("b.csv", "id,csr,out\n571,a.csr,x\n"),
            ("b.toml", "\u{feff}[[order]]\nid = 571\ncsr = \"a.csr\"\nout = \"x\"\n"),
            ("b.jsonl", "\u{feff}{\"id\":571,\"csr\":\"a.csr\",\"out\":\"x\"}\n"),
            ("b.csv", "\u{feff}id,csr,out\n571,a.csr,x\n"),
            ("b.csv", "id;csr;out\n571;a.csr;x\n"),
            ("b.csv", "id\tcsr\tout\r\n571\ta.csr\tx\r\n"),
            ("b.csv", "ID; Csr ;OUT\n571 ; a.csr;x\n"),
        ] {
            let orders = file(name, text).unwrap();
            assert_eq!((orders.len(), orders[0].title().as_str()), (1, "571 example.com"), "{name}");
            assert_eq!(
                orders[0].request.install.as_ref().map(|install| install.folder.as_path()),
                Some(folder.path().join("x").as_path())
            );
        }
        for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let utf16: Vec<u8> = "\u{feff}id,csr\r\n571,a.csr\r\n".encode_utf16().flat_map(to_bytes).collect();
            fs::write(folder.path().join("wide.csv"), utf16).unwrap();
            let orders = read(&folder.path().join("wide.csv")).unwrap();
            assert_eq!((orders.len(), orders[0].title().as_str()), (1, "571 example.com"));
        }
        fs::write(folder.path().join("latin1.csv"), b"id,csr\n571,\xfcber.csr\n").unwrap();
        let error = read(&folder.path().join("latin1.csv")).unwrap_err().to_string();
        assert!(error.contains("line 2: neither UTF-8 nor UTF-16"), "{error}");
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
