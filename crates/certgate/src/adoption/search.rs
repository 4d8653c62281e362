//! Certificates with their keys, found on disk in whatever layout: nginx's, Apache's, HAProxy's, certbot's, our own.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use certgate_domain::Secret;
use certgate_keys::{KeyError, PrivateKey};
use certgate_x509::{X509, pem};

use crate::{Installation, inventory::whole};

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
    /// PKCS#12, or a Java key store.
    #[error("a key store is not looked into: write certificate and key as PEM")]
    KeyStore,
    /// A certificate of that key, and not the newest.
    #[error("an earlier certificate of the same key")]
    Superseded,
    /// An authority's certificates that several certificates share. They are left as they are.
    #[error("the chain of several certificates: it stays as it is, and is not renewed with them")]
    SharedChain,
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

/// A file that holds certificates or a key.
struct PemFile {
    path: PathBuf,
    content: Secret,
    certificates: Vec<X509>,
    key: Option<PrivateKey>,
    /// The key's public half.
    spki: Option<Vec<u8>>,
}

/// The largest file that is looked into; PEM files are some kilobytes.
const LARGEST: u64 = 1 << 20;
/// How many folders deep is looked.
const DEEPEST: usize = 8;
/// What DER of a certificate or a key begins with.
const SEQUENCE: u8 = 0x30;
/// How files of key stores are called.
const KEY_STORES: [&str; 5] = ["p12", "pfx", "jks", "jceks", "keystore"];
const PRIVATE_KEYS: [pem::Kind; 5] = [
    pem::Kind::PrivateKey,
    pem::Kind::EncryptedPrivateKey,
    pem::Kind::RsaPrivateKey,
    pem::Kind::EcPrivateKey,
    pem::Kind::OtherPrivateKey,
];

/// The certificates with their keys in these folders, and in all below those of `below`.
pub fn search(folders: &[PathBuf], below: &[PathBuf]) -> Search {
    let mut found = Search::default();
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    for (folder, depth) in folders.iter().map(|folder| (folder, 0)).chain(below.iter().map(|folder| (folder, DEEPEST)))
    {
        look_into(folder, depth, &mut seen, &mut files, &mut found.lone);
    }
    let files = Files::of(&files);
    let mut used = BTreeSet::new();
    for (key, certificate) in &files.pairs {
        if let Some(pair) = files.pair(key, certificate) {
            used.extend(pair.files.iter().map(|file| file.path.clone()));
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

/// Reads a folder's files. No link to a folder is followed, and no set of ours is taken for a folder of certificates.
fn look_into(
    folder: &Path,
    depth: usize,
    seen: &mut BTreeSet<PathBuf>,
    files: &mut Vec<PemFile>,
    lone: &mut Vec<(PathBuf, LoneReason)>,
) {
    if !seen.insert(whole(folder)) {
        return;
    }
    let mut paths: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(why) => return lone.push((folder.to_owned(), LoneReason::Unreadable(why.to_string()))),
    };
    paths.sort();
    let has = |name: &str| folder.join(name).exists();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_folder = path.symlink_metadata().is_ok_and(|found| found.is_dir());
        // Ours; and certbot's earlier certificates, which its folder `live` points into.
        let is_passed_over = match name.as_str() {
            "sets" | "pending" => has("current") || has("sets"),
            "archive" => has("live"),
            other => other.starts_with('.'),
        };
        if is_passed_over {
            continue;
        }
        if is_folder && depth > 0 {
            look_into(&path, depth - 1, seen, files, lone);
        }
        if path.is_file() {
            match read(&path) {
                Ok(Some(file)) => files.push(file),
                Ok(None) => {}
                Err(why) => lone.push((path, why)),
            }
        }
    }
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
        Ok(text) => text,
        Err(binary) if binary.as_bytes().first() == Some(&SEQUENCE) && pem::read(binary.as_bytes()).is_ok() => {
            return Err(LoneReason::Der);
        }
        Err(_) => return Ok(None),
    };
    if !text.contains("-----BEGIN") {
        return Ok(None);
    }
    let Ok(blocks) = pem::read(&text) else { return Ok(None) };
    let has = |kinds: &[pem::Kind]| blocks.iter().any(|block| kinds.contains(&block.kind));
    if blocks.iter().filter(|block| PRIVATE_KEYS.contains(&block.kind)).count() > 1 {
        return Err(LoneReason::SeveralKeys);
    }
    let certificates = if has(&[pem::Kind::Certificate]) { X509::all(&text).unwrap_or_default() } else { Vec::new() };
    let key = match PrivateKey::from_pem(&text, None) {
        Ok(key) => Some(key),
        Err(KeyError::Encrypted) => return Err(LoneReason::Encrypted),
        Err(_) => None,
    };
    if certificates.is_empty() && key.is_none() {
        return Ok(None);
    }
    let spki = key.as_ref().map(PrivateKey::spki);
    Ok(Some(PemFile { path: path.to_owned(), content: Secret::new(text), certificates, key, spki }))
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

    /// What it is of a certificate; `None` if it is of another.
    fn kind_for(&self, key: &[u8], certificate: &X509) -> Option<&'static str> {
        let has_key = self.spki.as_deref() == Some(key);
        match (has_key, self.leaf_of(key), self.certificates.as_slice()) {
            (true, Some(leaf), _) if leaf == certificate => Some("combined"),
            (true, None, []) => Some("key"),
            (false, Some(leaf), [_]) if leaf == certificate && self.key.is_none() => Some("cert"),
            (false, Some(leaf), _) if leaf == certificate && self.key.is_none() => Some("fullchain"),
            (false, None, [first, ..]) if self.key.is_none() && certificate.issuer.is_same(&first.subject) => {
                Some("chain")
            }
            _ => None,
        }
    }

    fn is_ours(&self) -> bool {
        Installation::at(self.folder()).record_in_place().is_some_and(|record| record.certificate.is_some())
    }

    /// The folder whose set it shows, where it does: `FOLDER/sets/NAME/FILE`.
    fn managed_by(&self) -> Option<PathBuf> {
        let path = self.path.canonicalize().ok()?;
        let sets = path.parent()?.parent()?;
        (sets.file_name()? == "sets" && sets.parent()?.join("current").exists())
            .then(|| sets.parent().map(Path::to_owned))?
    }
}

/// All that was found, by what belongs together: a machine may have thousands.
struct Files<'f> {
    all: &'f [PemFile],
    /// The files that hold a key or a certificate of it, by its public half.
    of_key: HashMap<&'f [u8], Vec<&'f PemFile>>,
    /// The newest certificate of each key that is here.
    pairs: Vec<(&'f [u8], &'f X509)>,
    /// The keys that are here.
    keys: HashSet<&'f [u8]>,
    /// Of each folder the keys that have a certificate in it.
    in_folder: HashMap<&'f Path, HashSet<&'f [u8]>>,
    /// The files without a key, by their folder and the subject of their first certificate.
    chains: HashMap<(&'f Path, FoldedName), Vec<&'f PemFile>>,
    /// Who issued the certificates that have a key here.
    issuers: HashSet<FoldedName>,
}

/// A name as it is compared.
type FoldedName = Vec<Vec<(String, String)>>;

impl<'f> Files<'f> {
    fn of(all: &'f [PemFile]) -> Self {
        let mut of_key: HashMap<&[u8], Vec<&PemFile>> = HashMap::new();
        for file in all {
            let of_certificates = file.certificates.iter().map(|certificate| certificate.key.spki.as_slice());
            for key in file.spki.as_deref().into_iter().chain(of_certificates).collect::<BTreeSet<_>>() {
                of_key.entry(key).or_default().push(file);
            }
        }
        let (mut pairs, mut keys) = (Vec::new(), HashSet::new());
        for key in all.iter().filter_map(|file| file.spki.as_deref()) {
            let leaves = of_key.get(key).into_iter().flatten().filter_map(|file| file.leaf_of(key));
            if let Some(leaf) = leaves.max_by_key(|leaf| (leaf.not_after, leaf.not_before))
                && keys.insert(key)
            {
                pairs.push((key, leaf));
            }
        }
        let mut in_folder: HashMap<&Path, HashSet<&[u8]>> = HashMap::new();
        let mut chains: HashMap<_, Vec<&PemFile>> = HashMap::new();
        for file in all {
            let own = file.certificates.iter().map(|certificate| certificate.key.spki.as_slice());
            in_folder.entry(file.folder()).or_default().extend(own.filter(|key| keys.contains(key)));
            if let (None, Some(first)) = (&file.key, file.certificates.first()) {
                chains.entry((file.folder(), first.subject.folded())).or_default().push(file);
            }
        }
        let issuers = pairs.iter().map(|(_, leaf): &(_, &X509)| leaf.issuer.folded()).collect();
        Self { all, of_key, pairs, keys, in_folder, chains, issuers }
    }

    /// The pair of that key and certificate, with all its files.
    fn pair(&self, key: &[u8], certificate: &X509) -> Option<Pair> {
        let with_key = self.of_key.get(key)?;
        let of_kind = |kinds: &'static [&'static str]| {
            let kind = move |file: &PemFile| file.kind_for(key, certificate).filter(|kind| kinds.contains(kind));
            with_key.iter().filter_map(move |file| Some((*file, kind(file)?)))
        };
        let (first, _) = of_kind(&["cert"]).chain(of_kind(&["fullchain", "combined"])).next()?;
        let secret = of_kind(&["key", "combined"]).find_map(|(file, _)| Some(file.key.as_ref()?.to_pem()))?;
        let beside = first.folder().to_owned();
        let is_alone = self.in_folder.get(first.folder()).is_some_and(|keys| keys.len() == 1);
        // A chain in the same folder is this certificate's where there is no other, or where its name says so.
        let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let is_own_chain = |file: &PemFile| is_alone || stem(&file.path).starts_with(&stem(&first.path));
        let managed = of_kind(&["cert", "fullchain", "combined", "key"]).find_map(|(file, _)| file.managed_by());
        let name = certificate.hosts().next().or_else(|| certificate.common_name()).unwrap_or_default();
        let below = beside.join(name.replace('*', "_").replace(['/', ':'], "-"));
        let is_ours = first.path.file_name().is_some_and(|name| name == "cert.pem");
        let folder = match &managed {
            // As people spell it, where that is the same.
            Some(managed) => {
                [&beside, &below].into_iter().find(|folder| whole(folder) == *managed).unwrap_or(managed).clone()
            }
            None if is_ours => beside,
            None => below,
        };
        let chains = self.chains.get(&(first.folder(), certificate.issuer.folded())).into_iter().flatten();
        let chains = chains.filter(|file| file.kind_for(key, certificate) == Some("chain") && is_own_chain(file));
        let files = of_kind(&["cert", "fullchain", "combined", "key"]).chain(chains.map(|file| (*file, "chain")));
        let files = files.map(|(file, kind)| FoundFile {
            path: file.path.clone(),
            kind,
            content: file.content.clone(),
            is_managed: managed.is_some() && file.managed_by() == managed,
        });
        Some(Pair { certificate: certificate.clone(), key: secret, files: files.collect(), folder })
    }

    /// Why a file belongs to no pair; none where that is no wonder, as of an authority's certificates.
    fn lone(&self, file: &PemFile) -> Option<LoneReason> {
        if let Some(key) = &file.spki {
            let is_known = self.keys.contains(key.as_slice());
            return Some(if is_known { LoneReason::Superseded } else { LoneReason::NoCertificate });
        }
        match file.certificates.iter().find(|certificate| certificate.hosts().next().is_some()) {
            Some(own) if self.keys.contains(own.key.spki.as_slice()) => Some(LoneReason::Superseded),
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

impl Pair {
    /// Whether all its files show the folder's set already.
    pub fn is_whole(&self) -> bool {
        self.files.iter().all(|file| file.is_managed)
    }
}
