//! What is watched, and told to a monitoring system.

use std::{
    mem::take,
    path::{Path, PathBuf},
    time::Duration,
};

use certgate::{
    Journal,
    inventory::{Found, missing},
    monitoring::{Overview, Questions, Snapshot, Standing, Verdict, WatchedFolders, check, prometheus, standings},
};
use certgate_files::WholeFile;

use crate::{
    app::{App, Connection},
    args::monitoring::Watched,
    common::share::{Share, found_by_profile, together},
    exit::{Exit, Failure},
    streams::say,
    ui::{monitoring::verdict, page::page},
};

/// The folders given, else the profile's; there may be none, for the account is watched as a whole.
pub(crate) fn folders(app: &App, given: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if given.is_empty() { Ok(app.settings()?.certificates.value) } else { Ok(given.to_vec()) }
}

/// Another user's collector reads it.
const READABLE: u32 = 0o644;

/// Tells a monitoring system how the account and these folders stand.
pub(crate) fn tell(app: &App, watched: &Watched, folders: &[PathBuf]) -> Result<Exit, Failure> {
    match told(app, watched, folders) {
        Err(failure) if watched.check => Ok(verdict(&app.stdout, app.json(), &Verdict::unknown(failure.to_string()))),
        told => told,
    }
}

fn told(app: &App, watched: &Watched, folders: &[PathBuf]) -> Result<Exit, Failure> {
    let thresholds = watched.thresholds()?;
    let overview = look(app, watched, folders)?;
    let Overview { snapshot, trouble, .. } = &overview;
    if let Some(path) = &watched.prometheus {
        write(path, &prometheus(snapshot))?;
    }
    if let Some(path) = &watched.html {
        write(path, &page(&overview, None))?;
    }
    match (thresholds, trouble) {
        (_, Some(error)) => Err(Failure::of(error)),
        (Some(thresholds), None) => Ok(verdict(&app.stdout, app.json(), &check(snapshot, &thresholds))),
        (None, None) => Ok(Exit::DONE),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let written = WholeFile::beside(path, text.as_bytes(), READABLE).and_then(WholeFile::replace);
    written.map_err(|why| Failure::unwritten(&why))
}

/// Looks at what is asked for, and no further: a check needs the list of certificates only.
fn look(app: &App, watched: &Watched, given: &[PathBuf]) -> Result<Overview, Failure> {
    let roots = folders(app, given)?;
    let folders = WatchedFolders { roots: &roots, are_named: !given.is_empty() };
    let mut connection = Connection::open(app, None)?;
    let (journal, client) = (connection.journal()?, &mut connection.client);
    let Watched { prometheus, html, served, .. } = watched;
    let mut overview = if html.is_some() {
        Overview::of(client, &journal, folders, *served, app.now())?
    } else {
        let mut snapshot = Snapshot::here(folders, &journal, app.now())?;
        if *served {
            snapshot.look_at_servers();
        }
        let all = prometheus.is_some();
        let trouble = snapshot.ask(client, Questions { terms: all, queue: all }).err();
        Overview { snapshot, trouble, ..Overview::default() }
    };
    // A tape's time is not ours.
    if let Some(account) = overview.snapshot.account.as_mut().filter(|_| app.is_offline()) {
        account.clock = None;
    }
    for (_, why) in overview.snapshot.unreadable.iter().filter(|_| !app.quiet && !watched.check) {
        say(&format!("certgate: warning: {why}"));
    }
    Ok(overview)
}

/// How certificates stand.
pub(crate) struct Standings {
    pub(crate) all: Vec<Standing>,
    /// The profile of each, where it is known whose it is.
    pub(crate) profiles: Vec<Option<String>>,
    /// Why something is missing of them.
    pub(crate) trouble: Option<Failure>,
}

/// How the certificates of these folders stand as their accounts say, each of the profile that is remembered with it. What an account does not
/// say is missing, and why comes with it.
pub(crate) fn asked(
    app: &App,
    watched: WatchedFolders<'_>,
    found: Vec<Found>,
    renew_before: Option<Duration>,
) -> Result<Standings, Failure> {
    let (mut accounts, mut trouble) = (Vec::<(String, Option<Share>, Vec<Found>)>::new(), Vec::new());
    for (profile, mut found) in found_by_profile(app, found)? {
        let share = Share::of_profile(app, &profile, None, 1)?.map_err(|why| trouble.push(why)).ok();
        let account = share.as_ref().map(Share::account);
        // One account of several profiles has one list.
        let is_its = |other: &Option<Share>| account.is_some() && other.as_ref().map(Share::account) == account;
        match accounts.iter_mut().find(|(_, other, _)| is_its(other)) {
            Some((.., all)) => all.append(&mut found),
            None => accounts.push((profile, share, found)),
        }
    }
    let is_only = accounts.len() == 1;
    let mut all = Vec::new();
    for (profile, share, found) in &mut accounts {
        let (found, asked) = (take(found), share.as_mut());
        let asked = asked.map(|Share { clients, journal, .. }| (&mut clients.first, &*journal));
        let (standings, unsaid) = standings(found, watched.roots, asked, renew_before, app.now())?;
        all.extend(standings.into_iter().map(|standing| (Some(profile.clone()), standing)));
        trouble.extend(unsaid);
    }
    let mut trouble = together(app, trouble);
    if let Some(why) = trouble.take_if(|_| is_only) {
        return Err(why);
    }
    let journals = accounts.iter().filter_map(|(_, share, _)| Some(&share.as_ref()?.journal));
    let missing = missing_beside(all.iter().map(|(_, standing)| standing), watched, journals)?;
    all.extend(missing.into_iter().map(|standing| (None, standing)));
    // What is here comes first.
    all.sort_by_key(|(_, standing)| matches!(standing, Standing::Elsewhere { .. }));
    let (profiles, all) = all.into_iter().unzip();
    Ok(Standings { all, profiles, trouble })
}

/// The folders beside these without a certificate that are to have one, as far as they are named, or known by these journals.
pub(crate) fn missing_beside<'s, 'j>(
    standings: impl Iterator<Item = &'s Standing>,
    WatchedFolders { roots, are_named }: WatchedFolders<'_>,
    journals: impl Iterator<Item = &'j Journal>,
) -> Result<Vec<Standing>, Failure> {
    let here: Vec<PathBuf> = standings.filter_map(Standing::folder).map(Path::to_owned).collect();
    let missing = missing(roots, are_named, &here, journals)?;
    Ok(missing.into_iter().map(|(folder, why)| Standing::Unreadable { folder, why }).collect())
}
