//! Folders that certificates were put into, in their table. A machine without a name is the empty one.

use crate::{
    InstalledFolder, NewOrder, ResumeData, State, StoreError,
    session::{Parameter, Session, values},
};

/// Notes a folder. One whose name is no text would be found as another one again.
pub(crate) fn note(session: &dyn Session, installed: &InstalledFolder) -> Result<(), StoreError> {
    let InstalledFolder { folder, host, certificate, name } = installed;
    let Some(folder) = folder.to_str() else { return Ok(()) };
    session.execute(
        "INSERT INTO folders (host, folder, certificate, name) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (host, folder) DO UPDATE SET certificate = ?3, name = ?4",
        values![host.as_deref().unwrap_or_default(), folder, certificate, name],
    )?;
    Ok(())
}

/// Notes where the certificate of an order that is done went.
pub(crate) fn note_done(session: &dyn Session, order: NewOrder) -> Result<(), StoreError> {
    let NewOrder { certificate, name, resume: ResumeData { install, host, .. }, .. } = order;
    let Some(install) = install else { return Ok(()) };
    note(session, &InstalledFolder { folder: install.folder, host, certificate, name })
}

pub(crate) fn all(session: &dyn Session) -> Result<Vec<InstalledFolder>, StoreError> {
    session.all("SELECT folder, host, certificate, name FROM folders ORDER BY host, folder", &[], |row| {
        let host = row.get::<String>(1)?;
        let host = Some(host).filter(|host| !host.is_empty());
        Ok(InstalledFolder { folder: row.get::<String>(0)?.into(), host, certificate: row.get(2)?, name: row.get(3)? })
    })
}

/// Fills the table of an older store with what its orders say, oldest first.
pub(crate) fn fill(session: &dyn Session) -> Result<(), StoreError> {
    let sql = "SELECT resume, certificate, name FROM orders WHERE state = ?1 ORDER BY rowid";
    let done = session.all(sql, values![State::Done.as_str()], |row| {
        let resume = ResumeData::from_text(&row.get::<String>(0)?).unwrap_or_default();
        let (certificate, name) = (row.get(1)?, row.get(2)?);
        let of = |folder| InstalledFolder { folder, host: resume.host.clone(), certificate, name };
        Ok(resume.install.clone().map(|install| of(install.folder)))
    })?;
    done.iter().flatten().try_for_each(|installed| note(session, installed))
}
