//! Which process is at work that is not an order yet.

use crate::{
    Claim, Claims, Lease, StoreError,
    session::{Parameter, Session, values},
    tables::leases,
};

/// What was claimed of an account's work so far.
pub(crate) fn all(session: &dyn Session, account: &str, lease: &Lease) -> Result<Claims, StoreError> {
    let sql = "SELECT work, round, holder FROM claims WHERE account = ?1";
    let rows = session.all(sql, values![account], |row| {
        Ok((row.get::<String>(0)?, row.get::<i64>(1)?, row.get::<Option<String>>(2)?))
    })?;
    let mut claims = Claims::default();
    for (work, round, holder) in rows {
        let is_held = holder.map_or(Ok(false), |holder| leases::is_of_another(session, lease, &holder))?;
        claims.insert(work, round, is_held);
    }
    Ok(claims)
}

/// Claims work, if nobody has since it was looked at. Whether that is so.
pub(crate) fn claim(session: &dyn Session, account: &str, claim: &Claim, lease: &Lease) -> Result<bool, StoreError> {
    leases::renew(session, lease)?;
    let changed = session.execute(
        "INSERT INTO claims (account, work, holder, round) VALUES (?1, ?2, ?3, 1)
         ON CONFLICT (account, work) DO UPDATE SET holder = excluded.holder, round = claims.round + 1
         WHERE claims.round = ?4",
        values![account, claim.work, lease.token(), claim.round],
    )?;
    Ok(changed == 1)
}

/// Gives work up, done or not: whoever looked before does not claim it.
pub(crate) fn unclaim(session: &dyn Session, account: &str, work: &str, lease: &Lease) -> Result<(), StoreError> {
    session.execute(
        "UPDATE claims SET holder = NULL, round = round + 1 WHERE account = ?1 AND work = ?2 AND holder = ?3",
        values![account, work, lease.token()],
    )?;
    Ok(())
}

/// Whether work is claimed by this process still. Nobody claims it before the transaction ends.
pub(crate) fn is_own(session: &dyn Session, account: &str, work: &str, lease: &Lease) -> Result<bool, StoreError> {
    let sql = "UPDATE claims SET holder = holder WHERE account = ?1 AND work = ?2 AND holder = ?3";
    Ok(session.execute(sql, values![account, work, lease.token()])? == 1)
}
