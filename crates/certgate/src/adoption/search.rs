//! Certificates with their keys, found on disk in whatever layout: nginx's, Apache's, HAProxy's, certbot's, our own.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    string::FromUtf8Error,
};

use certgate_domain::Secret;
use certgate_keys::{KeyError, PrivateKey};
use certgate_x509::{X509, pem};

use crate::{
    Installation,
    inventory::{DEEPEST, shown_by, walk, whole},
    selector::spelled,
};

/// What was found.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Search {
    /// Certificates, each with its key.
    pub pairs: Vec<Pair>,
    /// Files that belong to no pair, and why.
    pub lone: Vec<(PathBuf, LoneReason)>,
}

/// A certificate with its key on disk.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Pair {
    /// The certificate.
    pub certificate: X509,
    /// Its key, PEM.
    pub key: Secret,
    /// The files that hold them.
    pub files: Vec<FoundFile>,
    /// The folder that is or becomes theirs.
    pub folder: PathBuf,
    /// Why its files cannot all lead to what comes after it.
    pub obstacle: Option<Obstacle>,
}

/// Why a certificate and its key are left where they are: a server would find only one of them renewed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// Another certificate has the same key.
    #[error("its key is that of {}, too: give each a key of its own, or remove what no server reads", .0.display())]
    SharedKey(PathBuf),
    /// A file that holds something of another certificate, too.
    #[error("{} holds another certificate or key, too: give each files of its own", .0.display())]
    Mixed(PathBuf),
    /// Two files that ought to hold the same.
    #[error("{} and {} do not hold the same: make them so, or remove what no server reads", .0.display(), .1.display())]
    Differs(PathBuf, PathBuf),
}

/// A file of a certificate with its key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FoundFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it is: `cert`, `chain`, `fullchain`, `key` or `combined`.
    pub kind: &'static str,
    /// What it holds.
    pub(crate) content: Secret,
    /// Whether it shows a file of the folder's set already.
    pub is_managed: bool,
}

/// Why a file belongs to no certificate with its key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoneReason {
    /// A certificate without its key.
    #[error("its key is not found")]
    NoKey,
    /// A key without its certificate.
    #[error("no certificate of this key is found")]
    NoCertificate,
    /// A key that is encrypted, so that it is not known whose it is.
    #[error("the key is encrypted: write it decrypted, for its owner only")]
    Encrypted,
    /// Several keys in one file, of which servers read the first.
    #[error("it holds several keys: give each certificate with its key a file of its own")]
    SeveralKeys,
    /// A certificate or a key in DER, which the servers here do not read.
    #[error("it is DER: write it as PEM")]
    Der,
    /// A certificate or a key in a text that the servers here do not read, such as UTF-16.
    #[error("it is text, and not UTF-8: write it as UTF-8")]
    Encoding,
    /// Its path, or what that leads through, has a name that no setting can hold.
    #[error("its name is not UTF-8: rename it")]
    Name,
    /// Certificates in PKCS#7.
    #[error("it is PKCS#7: write its certificates as PEM, such as with `openssl pkcs7 -print_certs`")]
    Pkcs7,
    /// PKCS#12, or a Java key store.
    #[error("a key store is not looked into: write certificate and key as PEM")]
    KeyStore,
    /// A certificate of that key and those names that has ended, and not the newest.
    #[error("an earlier certificate of the same key and names, which has ended")]
    Superseded,
    /// An authority's certificates that several certificates share. They are left as they are.
    #[error("the chain of several certificates: it stays as it is, and is not renewed with them")]
    SharedChain,
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

/// What a file holds, however it is written: certificates in their order, the public half of its key, and other blocks by their labels.
pub(crate) type Holding = Vec<(String, Vec<u8>)>;

/// A file that holds certificates or a key.
struct PemFile {
    path: PathBuf,
    content: Secret,
    holds: Holding,
    certificates: Vec<X509>,
    key: Option<PrivateKey>,
    /// The key's public half.
    spki: Option<Vec<u8>>,
}

/// The largest file that is looked into; PEM files are some kilobytes.
const LARGEST: u64 = 1 << 20;
/// What DER of a certificate or a key begins with.
const SEQUENCE: u8 = 0x30;
/// How files of key stores are called.
const KEY_STORES: [&str; 5] = ["p12", "pfx", "jks", "jceks", "keystore"];
/// What a file of a set may be, which is its name there.
const KINDS: [&str; 5] = ["cert", "chain", "fullchain", "key", "combined"];

/// The certificates with their keys in these folders, and in all below those of `below`. `now` is in seconds since 1970.
pub fn search(folders: &[PathBuf], below: &[PathBuf], now: i64) -> Search {
    let mut found = Search::default();
    let (mut files, mut seen) = (Vec::new(), HashSet::new());
    let folders = folders.iter().map(|folder| (folder, 0));
    for (folder, depth) in folders.chain(below.iter().map(|folder| (folder, DEEPEST))) {
        walk(folder, depth, &mut seen, &mut |folder, entries| match entries {
            Ok(entries) => {
                for path in entries.iter().map(|entry| folder.join(&entry.name)).filter(|path| path.is_file()) {
                    match read(&path) {
                        Ok(file) => files.extend(file),
                        Err(why) => found.lone.push((path, why)),
                    }
                }
            }
            Err(why) => found.lone.push((folder.to_owned(), LoneReason::Unreadable(why.to_string()))),
        });
    }
    let files = Files::of(&files, now);
    let mut used = BTreeSet::new();
    for (key, certificates) in &files.of_certificates {
        for pair in certificates.iter().filter_map(|certificate| files.pair(key, certificate)) {
            used.extend(pair.files.iter().map(|file| file.path.clone()));
            if let Some(Obstacle::Mixed(_)) = &pair.obstacle {
                used.extend(files.of_key.get(key).into_iter().flatten().map(|file| file.path.clone()));
            }
            found.pairs.push(pair);
        }
    }
    for file in files.all.iter().filter(|file| !used.contains(&file.path)) {
        if let Some(why) = files.lone(file) {
            found.lone.push((file.path.clone(), why));
        }
    }
    found.pairs.sort_by(|one, other| one.folder.cmp(&other.folder));
    found.lone.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// What a file holds; `None` if that is neither a certificate nor a key.
fn read(path: &Path) -> Result<Option<PemFile>, LoneReason> {
    let unreadable = |why: std::io::Error| LoneReason::Unreadable(why.to_string());
    if fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
        return Ok(None);
    }
    let is_key_store =
        |extension: &std::ffi::OsStr| KEY_STORES.iter().any(|store| extension.eq_ignore_ascii_case(store));
    if path.extension().is_some_and(is_key_store) {
        return if beside_ours(path) { Ok(None) } else { Err(LoneReason::KeyStore) };
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    let text = match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => text,
        other => {
            let bytes = other.map_or_else(FromUtf8Error::into_bytes, String::into_bytes);
            let blocks = pem::read(&bytes).unwrap_or_default();
            return match bytes.first() {
                _ if !blocks.iter().any(is_ours_to_see) => Ok(None),
                Some(&SEQUENCE) => Err(LoneReason::Der),
                _ => Err(LoneReason::Encoding),
            };
        }
    };
    if !text.contains("-----BEGIN") {
        return Ok(None);
    }
    if path.to_str().is_none() {
        return Err(LoneReason::Name);
    }
    let blocks = match pem::read(&text) {
        Ok(blocks) => blocks,
        // One that is cut short, not any text with such a word.
        Err(why) if ["-----BEGIN CERTIFICATE-----", " PRIVATE KEY-----"].iter().any(|begin| text.contains(begin)) => {
            return Err(LoneReason::Unreadable(why.to_string()));
        }
        Err(_) => return Ok(None),
    };
    let has = |kinds: &[pem::Kind]| blocks.iter().any(|block| kinds.contains(&block.kind));
    if has(&[pem::Kind::Pkcs7]) {
        return Err(LoneReason::Pkcs7);
    }
    if blocks.iter().filter(|block| block.kind.is_private_key()).count() > 1 {
        return Err(LoneReason::SeveralKeys);
    }
    let certificates = if has(&[pem::Kind::Certificate]) { X509::all(&text) } else { Ok(Vec::new()) };
    let certificates = certificates.map_err(|why| LoneReason::Unreadable(why.to_string()))?;
    let key = match PrivateKey::from_pem(&text, None) {
        Ok(key) => Some(key),
        Err(KeyError::Encrypted) => return Err(LoneReason::Encrypted),
        Err(why @ (KeyError::ExplicitCurve | KeyError::Damaged(_))) => {
            return Err(LoneReason::Unreadable(why.to_string()));
        }
        Err(_) => None,
    };
    if certificates.is_empty() && key.is_none() {
        return Ok(None);
    }
    let spki = key.as_ref().map(PrivateKey::spki);
    let holds = held(&text, &certificates, spki.clone());
    Ok(Some(PemFile { path: path.to_owned(), content: Secret::new(text), holds, certificates, key, spki }))
}

/// Whether it is a certificate or a key.
fn is_ours_to_see(block: &pem::Block) -> bool {
    matches!(block.kind, pem::Kind::Certificate | pem::Kind::Pkcs7) || block.kind.is_private_key()
}

/// What a PEM text holds.
pub(crate) fn holding(text: &str) -> Holding {
    let key = PrivateKey::from_pem(text, None).ok();
    held(text, &X509::all(text).unwrap_or_default(), key.as_ref().map(PrivateKey::spki))
}

/// The same, where its certificates and its key were read already.
fn held(text: &str, certificates: &[X509], key: Option<Vec<u8>>) -> Holding {
    let certificates = certificates.iter().map(|certificate| ("CERTIFICATE".to_owned(), certificate.der().to_vec()));
    let key = key.map(|key| ("PRIVATE KEY".to_owned(), key));
    certificates.chain(key).chain(others(text).map(|block| (block.label, block.der))).collect()
}

/// The blocks of a PEM text that are neither certificate nor key, nor a key's own parameters.
pub(crate) fn others(text: &str) -> impl Iterator<Item = pem::Block> {
    let blocks = pem::read(text).unwrap_or_default();
    let has_key = blocks.iter().any(|block| block.kind.is_private_key());
    blocks.into_iter().filter(move |block| match block.kind {
        pem::Kind::Certificate => false,
        pem::Kind::EcParameters => !has_key,
        kind => !kind.is_private_key(),
    })
}

/// Whether a file stands in a folder of ours, which has its key stores made anew.
fn beside_ours(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.join("current").exists())
}

impl PemFile {
    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The certificate of that key in it.
    fn leaf_of(&self, key: &[u8]) -> Option<&X509> {
        self.certificates.iter().find(|certificate| certificate.key.spki == key)
    }

    /// What it is of a certificate; `None` if it is of another, too.
    fn kind_for(&self, key: &[u8], certificate: &X509) -> Option<&'static str> {
        let has_key = self.spki.as_deref() == Some(key);
        let is_of_another = |other: &X509| other != certificate && other.hosts().next().is_some();
        if self.certificates.iter().any(is_of_another) || (!has_key && self.key.is_some()) {
            return None;
        }
        match (has_key, self.leaf_of(key), self.certificates.as_slice()) {
            (true, Some(_), _) => Some("combined"),
            (true, None, []) => Some("key"),
            (false, Some(_), [_]) => Some("cert"),
            (false, Some(_), _) => Some("fullchain"),
            (false, None, [first, ..]) if certificate.issuer.is_same(&first.subject) => Some("chain"),
            _ => None,
        }
    }

    fn stem(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether it has the name that a file of ours has, and is something else.
    fn is_misnamed(&self, kind: &str) -> bool {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        name.strip_suffix(".pem").is_some_and(|name| KINDS.contains(&name) && name != kind)
    }

    fn is_ours(&self) -> bool {
        Installation::at(self.folder()).record_in_place().is_some_and(|record| record.certificate.is_some())
    }
}

/// All that was found, by what belongs together: a machine may have thousands.
struct Files<'f> {
    all: &'f [PemFile],
    /// The files that hold a key or a certificate of it, by its public half.
    of_key: HashMap<&'f [u8], Vec<&'f PemFile>>,
    /// The certificates of each key that is here, but for those that have ended and have a newer one of the same names.
    of_certificates: BTreeMap<&'f [u8], Vec<&'f X509>>,
    /// The authorities' certificates of a key's certificate alone.
    chains: HashMap<&'f [u8], Vec<&'f PemFile>>,
    /// Who issued the certificates that have a key here.
    issuers: HashSet<FoldedName>,
}

/// A name as it is compared.
type FoldedName = Vec<Vec<(String, String)>>;

impl<'f> Files<'f> {
    fn of(all: &'f [PemFile], now: i64) -> Self {
        let mut of_key: HashMap<&[u8], Vec<&PemFile>> = HashMap::new();
        for file in all {
            let of_certificates = file.certificates.iter().map(|certificate| certificate.key.spki.as_slice());
            for key in file.spki.as_deref().into_iter().chain(of_certificates).collect::<BTreeSet<_>>() {
                of_key.entry(key).or_default().push(file);
            }
        }
        let mut of_certificates = BTreeMap::new();
        for key in all.iter().filter_map(|file| file.spki.as_deref()).collect::<BTreeSet<_>>() {
            let files = of_key.get(key).into_iter().flatten();
            let of_files = files.flat_map(|file| &file.certificates).filter(|leaf| leaf.key.spki == key);
            let mut leaves: Vec<&X509> = of_files.collect();
            leaves.sort_by_key(|leaf| (leaf.not_after, leaf.not_before, leaf.der()));
            leaves.dedup();
            let Some(newest) = leaves.pop() else { continue };
            leaves.retain(|leaf| leaf.not_after > now || names(leaf) != names(newest));
            leaves.push(newest);
            of_certificates.insert(key, leaves);
        }
        let issuers = of_certificates.values().flatten().map(|leaf| leaf.issuer.folded()).collect();
        let chains = own_chains(all, &of_certificates);
        Self { all, of_key, of_certificates, chains, issuers }
    }

    /// The pair of that key and certificate, with all its files.
    fn pair(&self, key: &[u8], certificate: &X509) -> Option<Pair> {
        let with_key = self.of_key.get(key)?;
        let chains = self.chains.get(key).into_iter().flatten();
        let of_pair = |file: &&'f PemFile| Some((*file, file.kind_for(key, certificate)?));
        let files: Vec<(&PemFile, &'static str)> = with_key.iter().chain(chains).filter_map(of_pair).collect();
        let with_leaf = |file: &&PemFile| file.certificates.contains(certificate);
        let of_kind = |kind: &'static str| files.iter().filter(move |(_, of)| *of == kind).map(|(file, _)| *file);
        let first = of_kind("cert").chain(of_kind("fullchain")).chain(of_kind("combined")).next();
        let first = first.or_else(|| with_key.iter().copied().find(with_leaf))?;
        let mut keys = with_key.iter().filter(|file| file.spki.as_deref() == Some(key));
        let secret = keys.find_map(|file| Some(file.key.as_ref()?.to_pem()))?;
        let beside = first.folder().to_owned();
        let managed = files.iter().find_map(|(file, _)| shown_by(&file.path));
        let name = certificate.hosts().next().or_else(|| certificate.common_name()).unwrap_or_default();
        let below = beside.join(name.replace('*', "_").replace(['/', ':'], "-"));
        let is_misnamed = |(file, kind): &(&PemFile, &str)| file.folder() == beside && file.is_misnamed(kind);
        let is_ours = first.path.file_name().is_some_and(|name| name == "cert.pem") && !files.iter().any(is_misnamed);
        let folder = match &managed {
            // As people spell it, where that is the same.
            Some(managed) => {
                [&beside, &below].into_iter().find(|folder| whole(folder) == *managed).unwrap_or(managed).clone()
            }
            None if is_ours => beside,
            None => below,
        };
        let obstacle = self.obstacle(key, certificate, &files);
        let files = files.iter().map(|(file, kind)| FoundFile {
            path: file.path.clone(),
            kind,
            content: file.content.clone(),
            is_managed: managed.is_some() && shown_by(&file.path) == managed,
        });
        let files = files.collect();
        Some(Pair { certificate: certificate.clone(), key: secret, files, folder, obstacle })
    }

    /// Why not all files with that key can lead to what comes after this certificate.
    fn obstacle(&self, key: &[u8], certificate: &X509, files: &[(&PemFile, &'static str)]) -> Option<Obstacle> {
        let with_key = self.of_key.get(key)?;
        let another = self.of_certificates.get(key)?.iter().find(|leaf| **leaf != certificate);
        let of_another = another.and_then(|leaf| with_key.iter().find(|file| file.certificates.contains(leaf)));
        if let Some(file) = of_another {
            return Some(Obstacle::SharedKey(file.path.clone()));
        }
        let is_mixed = |file: &&&PemFile| {
            let is_this = file.leaf_of(key).is_none_or(|leaf| leaf == certificate);
            is_this && file.kind_for(key, certificate).is_none()
        };
        if let Some(file) = with_key.iter().find(is_mixed) {
            return Some(Obstacle::Mixed(file.path.clone()));
        }
        files.iter().find_map(|(file, kind)| {
            let (first, _) = files.iter().find(|(_, of)| of == kind)?;
            (first.holds != file.holds).then(|| Obstacle::Differs(file.path.clone(), first.path.clone()))
        })
    }

    /// Why a file belongs to no pair; none where that is no wonder, as of an authority's certificates.
    fn lone(&self, file: &PemFile) -> Option<LoneReason> {
        if let Some(key) = &file.spki {
            let is_known = self.of_certificates.contains_key(key.as_slice());
            return Some(if is_known { LoneReason::Superseded } else { LoneReason::NoCertificate });
        }
        match file.certificates.iter().find(|certificate| certificate.hosts().next().is_some()) {
            Some(own) if self.of_certificates.contains_key(own.key.spki.as_slice()) => Some(LoneReason::Superseded),
            // Installed by us with a CSR: its key is somebody else's matter.
            Some(_) if file.is_ours() => None,
            Some(_) => Some(LoneReason::NoKey),
            None => {
                let first = file.certificates.first()?;
                self.issuers.contains(&first.subject.folded()).then_some(LoneReason::SharedChain)
            }
        }
    }
}

/// The authorities' certificates that one key's certificate alone has, by that key: those in whose folder no other is of that issuer, and those whose
/// name begins with the name of its file.
fn own_chains<'f>(all: &'f [PemFile], keys: &BTreeMap<&'f [u8], Vec<&'f X509>>) -> HashMap<&'f [u8], Vec<&'f PemFile>> {
    let mut of_issuer: HashMap<_, BTreeSet<&[u8]>> = HashMap::new();
    let mut of_stem: HashMap<_, BTreeSet<&[u8]>> = HashMap::new();
    for file in all {
        for leaf in file.certificates.iter().filter(|leaf| keys.contains_key(leaf.key.spki.as_slice())) {
            of_issuer.entry((file.folder(), leaf.issuer.folded())).or_default().insert(&leaf.key.spki);
            of_stem.entry((file.folder(), file.stem())).or_default().insert(&leaf.key.spki);
        }
    }
    let mut chains: HashMap<&[u8], Vec<&PemFile>> = HashMap::new();
    let has_leaf = |file: &PemFile| file.certificates.iter().any(|one| keys.contains_key(one.key.spki.as_slice()));
    for file in all.iter().filter(|file| file.key.is_none() && !has_leaf(file)) {
        let Some(first) = file.certificates.first() else { continue };
        let Some(issued) = of_issuer.get(&(file.folder(), first.subject.folded())) else { continue };
        let stem = file.stem();
        let ends = stem.char_indices().rev().filter(|(_, letter)| !letter.is_alphanumeric());
        let mut stems =
            std::iter::once(stem.clone()).chain(ends.filter_map(|(end, _)| Some(stem.get(..end)?.to_owned())));
        let named = stems.find_map(|stem| of_stem.get(&(file.folder(), stem)));
        let of = if issued.len() == 1 { Some(issued) } else { named.filter(|named| named.len() == 1) };
        if let Some(key) = of.and_then(BTreeSet::first).filter(|key| issued.contains(*key)) {
            chains.entry(*key).or_default().push(file);
        }
    }
    chains
}

/// The names that a certificate is good for, as they are compared.
fn names(certificate: &X509) -> BTreeSet<String> {
    certificate.hosts().map(|name| spelled(&name)).collect()
}

impl Pair {
    /// Whether all its files show the folder's set already.
    pub fn is_whole(&self) -> bool {
        self.files.iter().all(|file| file.is_managed)
    }
}
