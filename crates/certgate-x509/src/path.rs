//! The path from a certificate to a root (RFC 5280 §6): any one of valid certificates will do. What stands beside it, expired or
//! strange, is passed over.
//!
//! `rustls-webpki`, which is here for TLS, does not serve: it wants a root to end at, refuses what the field has (serial numbers,
//! extensions, certificates of version 1), checks no signature that is not in its table, and does not say which certificate failed.

use std::{cmp::Reverse, collections::BTreeMap, fmt};

use crate::{
    GeneralName, KeyAlgorithm, PublicKey, X509,
    algorithm::Verdict,
    certificate::{POISON, SERVERS},
    time,
};

/// How far a certificate's start may lie ahead: clocks differ.
pub(crate) const SKEW: i64 = 300;

/// Steps of the search. Authorities that all sign each other would have it never end; real paths take some ten.
const STEPS: usize = 1000;

/// A path that stands.
#[derive(Debug)]
pub(crate) struct Path {
    /// From the issuer up, without the root.
    pub(crate) authorities: Vec<X509>,
    /// What could not be checked: whose signature, and how it is made.
    pub(crate) unchecked: Vec<String>,
    /// Given, but not in the path: which, and why.
    pub(crate) passed_over: Vec<String>,
}

/// Why an authority cannot be in a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Flaw {
    Expired(i64),
    NotYetValid(i64),
    NoAuthority,
    MayNotSign,
    TooDeep {
        allowed: u32,
        found: u32,
    },
    WeakHash(String),
    /// See [`X509::misencoded`].
    Misencoded(String),
    ExplicitCurve,
    ShortKey(u32),
    /// It is for none of what the certificate is for.
    NotFor(Vec<String>),
    UnknownCritical(String),
    /// A name below it that its name constraints do not allow.
    NotAllowed(String),
    OtherKey,
}

/// A path to a certificate from those given, at that time in seconds since 1970. The error says why there is none.
pub(crate) fn build(leaf: &X509, given: &[X509], now: i64) -> Result<Path, String> {
    let mut authorities: Vec<&X509> = Vec::new();
    for authority in given {
        if authority.der() != leaf.der() && !authorities.iter().any(|other| other.der() == authority.der()) {
            authorities.push(authority);
        }
    }
    let purposes = leaf.purposes();
    if let Some(flaw) = flaw_as_it_stands(leaf, &purposes) {
        return Err(flaw.to_string());
    }
    let mut search = Search { leaf, purposes, authorities, now, steps: 0, best: None, flaws: BTreeMap::new() };
    search.extend(&mut Vec::new());
    search.finish()
}

struct Search<'a> {
    leaf: &'a X509,
    /// What the certificate is for.
    purposes: Vec<String>,
    authorities: Vec<&'a X509>,
    now: i64,
    steps: usize,
    best: Option<Candidate>,
    /// What kept each authority out of a path that came by it.
    flaws: BTreeMap<usize, Flaw>,
}

/// A step of a path: which authority, and how the signature by it is made where that could not be checked.
type Step = (usize, Option<String>);

#[derive(Debug, Clone)]
struct Candidate {
    steps: Vec<Step>,
    /// Whether the last one is a root.
    is_complete: bool,
}

impl Candidate {
    /// What is greatest is best: a path to a root; then what could be checked; then the shorter way to a root, or else the longer
    /// one.
    fn rank(&self) -> impl Ord {
        let is_checked = self.steps.iter().all(|(_, unchecked)| unchecked.is_none());
        let length = if self.is_complete { None } else { Some(self.steps.len()) };
        (self.is_complete, is_checked, length, Reverse(self.steps.len()))
    }
}

impl<'a> Search<'a> {
    fn extend(&mut self, path: &mut Vec<Step>) {
        self.steps += 1;
        if self.steps > STEPS {
            return;
        }
        let last = path.last().and_then(|(at, _)| self.authorities.get(*at).copied()).unwrap_or(self.leaf);
        let below = path.iter().filter_map(|(at, _)| self.authorities.get(*at)).filter(|one| !one.is_self_issued());
        let depth = u32::try_from(below.count()).unwrap_or(u32::MAX);
        let (mut goes_on, mut is_barred) = (false, false);
        for (at, issuer) in self.authorities.clone().into_iter().enumerate() {
            if path.iter().any(|(other, _)| *other == at) {
                continue;
            }
            let unchecked = match last.signature_by(issuer) {
                None => continue,
                Some(Verdict::Bad) => {
                    self.flaws.entry(at).or_insert(Flaw::OtherKey);
                    continue;
                }
                Some(Verdict::Good) => None,
                Some(Verdict::Unchecked(algorithm)) => Some(algorithm),
            };
            if let Some(flaw) = flaw(issuer, &self.purposes, depth, self.now).or_else(|| self.not_allowed(issuer, path))
            {
                is_barred |= self.is_bar(&flaw, issuer, path.is_empty());
                self.flaws.insert(at, flaw);
                continue;
            }
            goes_on = true;
            path.push((at, unchecked));
            if issuer.is_self_signed() {
                self.offer(Candidate { steps: path.clone(), is_complete: true });
            } else {
                self.extend(path);
            }
            path.pop();
        }
        if !goes_on && !is_barred && !path.is_empty() {
            self.offer(Candidate { steps: path.clone(), is_complete: false });
        }
    }

    /// Whether a flaw of an authority says that there is no path. Otherwise another certificate of that authority, which was not
    /// given, may be without it, such as the root that it crosses: then the path goes as far as it is given.
    fn is_bar(&self, flaw: &Flaw, authority: &X509, is_issuer: bool) -> bool {
        match flaw {
            Flaw::Expired(_) | Flaw::NotYetValid(_) | Flaw::OtherKey => false,
            Flaw::NoAuthority | Flaw::MayNotSign => true,
            Flaw::WeakHash(_) => is_issuer,
            // Where it was given with who signed it, it is meant to be in the path.
            Flaw::TooDeep { .. }
            | Flaw::ShortKey(_)
            | Flaw::Misencoded(_)
            | Flaw::ExplicitCurve
            | Flaw::NotFor(_)
            | Flaw::UnknownCritical(_)
            | Flaw::NotAllowed(_) => {
                let is_by =
                    |other: &&X509| authority.signature_by(other).is_some_and(|verdict| verdict != Verdict::Bad);
                is_issuer || self.authorities.iter().any(is_by)
            }
        }
    }

    /// The first name of those below an authority that its name constraints do not allow.
    fn not_allowed(&self, authority: &X509, path: &[Step]) -> Option<Flaw> {
        let constraints = authority.name_constraints.as_ref().filter(|_| !authority.is_self_issued())?;
        let common = self.leaf.common_name().filter(|_| self.leaf.names.is_empty());
        let below = path.iter().filter_map(|(at, _)| self.authorities.get(*at).copied());
        let below = below.filter(|one| !one.is_self_issued()).chain([self.leaf]);
        let subjects = below.map(|one| &one.subject).filter(|subject| subject.attributes().next().is_some());
        let names = self.leaf.names.iter().cloned().chain(common.as_deref().map(GeneralName::of_host));
        let mut all = names.chain(subjects.cloned().map(GeneralName::Directory));
        all.find(|name| !constraints.allow(name)).map(|name| Flaw::NotAllowed(name.to_string()))
    }

    fn offer(&mut self, candidate: Candidate) {
        if self.best.as_ref().is_none_or(|best| candidate.rank() > best.rank()) {
            self.best = Some(candidate);
        }
    }

    fn finish(self) -> Result<Path, String> {
        let Self { leaf, purposes, authorities, now, best, flaws, .. } = self;
        let Some(best) = best else {
            let told = |(at, flaw): (&usize, &Flaw)| Some(format!("{}: {flaw}", authorities.get(*at)?.subject.short()));
            // Somebody else of the same name is no reason where there is one.
            let is_reason = |flaw: &Flaw| *flaw != Flaw::OtherKey;
            let reasons: Vec<String> = flaws.iter().filter(|(_, flaw)| is_reason(flaw)).filter_map(told).collect();
            return Err(match (authorities.as_slice(), reasons.as_slice()) {
                ([], _) => "no certificate of the issuing authority was given".to_owned(),
                (_, []) => "none of the authorities given signed it".to_owned(),
                (_, reasons) => format!("no path of valid certificates: {}", reasons.join("; ")),
            });
        };
        let mut signed = leaf;
        let (mut chain, mut unchecked) = (Vec::new(), Vec::new());
        for (at, algorithm) in &best.steps {
            let Some(authority) = authorities.get(*at).copied() else { continue };
            unchecked.extend(algorithm.iter().map(|algorithm| {
                format!("the signature of {} cannot be checked: {algorithm}", signed.subject.short())
            }));
            signed = authority;
            chain.push(authority.clone());
        }
        if best.is_complete {
            chain.pop();
        }
        let is_used = |at: usize| best.steps.iter().any(|(used, _)| *used == at);
        let passed_over = authorities.iter().enumerate().filter(|(at, _)| !is_used(*at)).map(|(at, authority)| {
            match flaws.get(&at).cloned().or_else(|| flaw(authority, &purposes, 0, now)) {
                Some(flaw) => format!("{} ({flaw})", told_apart(authority)),
                None => format!("{} (not needed)", told_apart(authority)),
            }
        });
        Ok(Path { authorities: chain, unchecked, passed_over: passed_over.collect() })
    }
}

/// What keeps an authority out of a path in which there are so many others below it.
fn flaw(authority: &X509, purposes: &[String], depth: u32, now: i64) -> Option<Flaw> {
    let allowed = authority.constraints.and_then(|constraints| constraints.path_length);
    // Roots of version 1 have no extensions.
    let is_old_root = authority.version < 3 && authority.is_self_issued();
    if !authority.constraints.map_or(is_old_root, |constraints| constraints.is_ca) {
        return Some(Flaw::NoAuthority);
    }
    if authority.may_sign == Some(false) {
        return Some(Flaw::MayNotSign);
    }
    if let Some(allowed) = allowed.filter(|allowed| depth > *allowed) {
        return Some(Flaw::TooDeep { allowed, found: depth });
    }
    if authority.not_after <= now {
        return Some(Flaw::Expired(authority.not_after));
    }
    if authority.not_before > now + SKEW {
        return Some(Flaw::NotYetValid(authority.not_before));
    }
    // What a root says of itself nobody relies on.
    if authority.is_self_issued() { None } else { flaw_as_it_stands(authority, purposes) }
}

/// What everybody refuses of a certificate that is no root, wherever it stands in the path of one that is for those purposes.
fn flaw_as_it_stands(certificate: &X509, purposes: &[String]) -> Option<Flaw> {
    if let Some(hash) = certificate.weak_hash() {
        return Some(Flaw::WeakHash(hash));
    }
    if let Some(why) = &certificate.misencoded {
        return Some(Flaw::Misencoded(why.clone()));
    }
    if certificate.key.algorithm == KeyAlgorithm::EcExplicit {
        return Some(Flaw::ExplicitCurve);
    }
    let bits = certificate.key.bits;
    if certificate.key.algorithm == KeyAlgorithm::Rsa && bits < PublicKey::RSA_BITS {
        return Some(Flaw::ShortKey(bits));
    }
    if let Some(oid) = &certificate.unknown_critical {
        return Some(Flaw::UnknownCritical(oid.clone()));
    }
    (!certificate.is_for_any_of(purposes)).then(|| Flaw::NotFor(purposes.to_vec()))
}

/// An authority that is passed over, with its issuer: two certificates of one authority differ in that.
fn told_apart(authority: &X509) -> String {
    let issuer = &authority.issuer;
    if authority.is_self_issued() {
        authority.subject.short()
    } else {
        format!("{}, issued by {}", authority.subject.short(), issuer.short())
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired(at) => write!(f, "it expired on {}", time::day(*at)),
            Self::NotYetValid(at) => write!(f, "it is valid from {}", time::day(*at)),
            Self::NoAuthority => f.write_str("it is no authority (basic constraints)"),
            Self::MayNotSign => f.write_str("its key usage does not allow it to sign certificates (keyCertSign)"),
            Self::TooDeep { allowed, found } => {
                write!(f, "its path length allows {allowed} authorities below it, and there are {found}")
            }
            Self::WeakHash(hash) => write!(f, "it is signed with {hash}; expected SHA-256 or better"),
            Self::Misencoded(why) => write!(f, "{why} (RFC 5280): servers do not load it, or clients refuse it"),
            Self::ExplicitCurve => {
                f.write_str("its key gives the curve by explicit parameters, which clients refuse (RFC 5480)")
            }
            Self::ShortKey(bits) => write!(f, "its key has RSA {bits} bits; expected {} or more", PublicKey::RSA_BITS),
            Self::NotFor(purposes) if *purposes == [SERVERS] => {
                f.write_str("its extended key usage does not allow it for servers (serverAuth)")
            }
            Self::NotFor(purposes) => {
                write!(f, "its extended key usage has none of the certificate's: {}", purposes.join(", "))
            }
            Self::UnknownCritical(oid) if oid == POISON => {
                f.write_str("it is a precertificate (RFC 6962), which no client takes")
            }
            Self::UnknownCritical(oid) => write!(f, "it has the critical extension {oid}, which no client knows"),
            Self::NotAllowed(name) => write!(f, "its name constraints do not allow {name}"),
            Self::OtherKey => f.write_str("another key than the one that signed"),
        }
    }
}
