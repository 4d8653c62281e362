//! Runs and requests in their tables. A machine without a name is the empty one.

use crate::{
    LastRun, OrderCount, RequestCount, StoreError,
    session::{Parameter, Row, Session, values},
    tables::orders::state,
};

/// Records a run on that machine. The first machine that runs a command takes over what was noted of it before machines were.
pub(crate) fn record(session: &dyn Session, account: &str, host: &str, run: &LastRun) -> Result<(), StoreError> {
    let LastRun { command, ended, exit_code, succeeded } = run;
    session.execute(
        "UPDATE runs SET host = ?2 WHERE account = ?1 AND host = '' AND command = ?3
            AND NOT EXISTS (SELECT 1 FROM runs WHERE account = ?1 AND host = ?2 AND command = ?3)",
        values![account, host, command],
    )?;
    session.execute(
        "INSERT INTO runs (account, host, command, ended, exit, succeeded) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (account, host, command) DO UPDATE SET ended = ?4, exit = ?5, succeeded = coalesce(?6, runs.succeeded)",
        values![account, host, command, ended, i64::from(*exit_code), succeeded],
    )?;
    Ok(())
}

pub(crate) fn add(session: &dyn Session, account: &str, sent: &RequestCount) -> Result<(), StoreError> {
    let RequestCount { task, transport, outcome, count } = sent;
    session.execute(
        "INSERT INTO requests (account, task, transport, outcome, count) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (account, task, transport, outcome) DO UPDATE SET count = requests.count + ?5",
        values![account, task, transport, outcome, i64::try_from(*count).unwrap_or(i64::MAX)],
    )?;
    Ok(())
}

/// The last runs on that machine. Of commands that none ran since machines are noted, what is known from before is every machine's.
pub(crate) fn last(session: &dyn Session, account: &str, host: &str) -> Result<Vec<LastRun>, StoreError> {
    let sql = "SELECT command, ended, exit, succeeded FROM runs WHERE account = ?1 AND host IN (?2, '')
               ORDER BY command, host DESC";
    let mut runs = session.all(sql, values![account, host], |row| {
        let exit_code = u8::try_from(row.get::<i64>(2)?).map_err(|why| row.unreadable(2, &why))?;
        Ok(LastRun { command: row.get(0)?, ended: row.get(1)?, exit_code, succeeded: row.get(3)? })
    })?;
    runs.dedup_by(|later, first| later.command == first.command);
    Ok(runs)
}

pub(crate) fn requests(session: &dyn Session, account: &str) -> Result<Vec<RequestCount>, StoreError> {
    let sql =
        "SELECT task, transport, outcome, count FROM requests WHERE account = ?1 ORDER BY task, transport, outcome";
    session.all(sql, values![account], |row| {
        Ok(RequestCount { task: row.get(0)?, transport: row.get(1)?, outcome: row.get(2)?, count: count(row, 3)? })
    })
}

pub(crate) fn orders(session: &dyn Session, account: &str) -> Result<Vec<OrderCount>, StoreError> {
    let sql = "SELECT state, count(*), min(created) FROM orders WHERE account = ?1 GROUP BY state";
    session.all(sql, values![account], |row| {
        Ok(OrderCount { state: state(row, 0)?, count: count(row, 1)?, oldest: row.get(2)? })
    })
}

fn count(row: &dyn Row, column: usize) -> Result<u64, StoreError> {
    Ok(u64::try_from(row.get::<i64>(column)?).unwrap_or_default())
}
