//! Orders in their table.

use certgate_domain::{is_same_name, spelled};
use certgate_x509::CertificateRequest;
use sha2::{Digest, Sha256};

use crate::{
    Change, ConflictingOrder, Lease, NewOrder, Order, OrderEvent, ResumeData, State, StoreError, ValidationStep, Which,
    session::{Parameter, Row, Session, Value, values},
    tables::{claims, folders, leases, messages},
};

const COLUMNS: &str =
    "id, task, account, certificate, name, product, csr, resume, batch, state, job, stid, published, created, updated";

/// The same without the CSR and what a later process needs, which are most of an order.
const LISTED: &str = r#"id, task, account, certificate, name, product, NULL, '{"version":1}', batch, state, job, stid, published, created, updated"#;

fn read(row: &dyn Row) -> Result<Order, StoreError> {
    Ok(Order {
        order: NewOrder {
            id: row.get(0)?,
            task: row.get(1)?,
            account: row.get(2)?,
            certificate: row.get(3)?,
            name: row.get(4)?,
            product: row.get(5)?,
            csr: row.get(6)?,
            resume: ResumeData::from_text(&row.get::<String>(7)?).map_err(|why| row.unreadable(7, &why))?,
            batch: row.get(8)?,
            claim: None,
        },
        state: state(row, 9)?,
        job: row.get(10)?,
        stid: row.get(11)?,
        published: steps(row, 12)?,
        created: row.get(13)?,
        updated: row.get(14)?,
    })
}

fn steps(row: &dyn Row, column: usize) -> Result<Vec<ValidationStep>, StoreError> {
    let text: Option<String> = row.get(column)?;
    text.map_or_else(|| Ok(Vec::new()), |text| ValidationStep::list(&text).map_err(|why| row.unreadable(column, &why)))
}

pub(crate) fn state(row: &dyn Row, column: usize) -> Result<State, StoreError> {
    let name: String = row.get(column)?;
    State::by_name(&name).ok_or_else(|| row.unreadable(column, &format!("no state is called {name}")))
}

pub(crate) fn record_intent(
    session: &dyn Session,
    order: &NewOrder,
    lease: &Lease,
    now: i64,
) -> Result<(), StoreError> {
    let (state, detail) = (State::Sending, "about to be sent");
    leases::renew(session, lease)?;
    let validated = session.execute(
        "UPDATE orders SET state = ?3, updated = ?4 WHERE id = ?1 AND holder = ?2 AND state = ?5",
        values![order.id, lease.token(), state.as_str(), now, State::Validating.as_str()],
    )?;
    if validated == 1 {
        return happened(session, &order.id, state, detail, now);
    }
    commit(session, order, state, detail, lease, now)
}

pub(crate) fn begin_validation(
    session: &dyn Session,
    order: &NewOrder,
    lease: &Lease,
    now: i64,
) -> Result<(), StoreError> {
    commit(session, order, State::Validating, "what validates it is about to be published", lease, now)
}

pub(crate) fn record_validation_steps(
    session: &dyn Session,
    id: &str,
    steps: &[ValidationStep],
    lease: &Lease,
) -> Result<(), StoreError> {
    let unwritable = |why: serde_json::Error| StoreError::damaged(session.place(), why);
    let published = if steps.is_empty() { None } else { Some(serde_json::to_string(steps).map_err(unwritable)?) };
    let sql = "UPDATE orders SET published = ?2 WHERE id = ?1 AND holder = ?3";
    let changed = session.execute(sql, values![id, published, lease.token()])?;
    match changed {
        0 if by_id(session, id)?.is_none() => Err(StoreError::NoOrder(id.to_owned())),
        0 => Err(StoreError::LeaseLost(id.to_owned())),
        _ => Ok(()),
    }
}

fn commit(
    session: &dyn Session,
    order: &NewOrder,
    state: State,
    detail: &str,
    lease: &Lease,
    now: i64,
) -> Result<(), StoreError> {
    let NewOrder { id, task, account, certificate, name, product, csr, resume, batch, claim } = order;
    let subject = subject(order);
    leases::renew(session, lease)?;
    if let Some(work) = claim
        && !claims::is_own(session, account, work, lease)?
    {
        return Err(StoreError::LeaseLost(id.clone()));
    }
    let resume = resume.to_text().map_err(|why| StoreError::damaged(session.place(), why))?;
    loop {
        // The database decides, by the order's id and by what is unfinished for its subject.
        let inserted = session.execute(
            "INSERT INTO orders (id, task, account, certificate, name, product, csr, resume, batch, state, finished, created,
             updated, holder, subject) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, ?11, ?12, ?13)
             ON CONFLICT DO NOTHING",
            values![
                id,
                task,
                account,
                certificate,
                name,
                product,
                csr,
                resume,
                batch,
                state.as_str(),
                now,
                lease.token(),
                subject
            ],
        )?;
        if inserted == 1 {
            let other = match followed(session, order, lease)? {
                Some(other) => Some(other),
                None => match &order.resume.asked {
                    Some(asked) => unfinished_of_new(session, account, asked, Some(id), lease)?,
                    None => None,
                },
            };
            return match other {
                Some(other) => Err(StoreError::Unfinished(other)),
                None => happened(session, id, state, detail, now),
            };
        }
        if by_id(session, id)?.is_some() {
            return Err(StoreError::Known(id.clone()));
        }
        // None where it was finished just now.
        if let Some(other) = conflicting(session, account, subject.as_deref(), lease)? {
            return Err(StoreError::Unfinished(other));
        }
    }
}

/// What an order is about. Of one account and one subject one order at most is not finished, which the database holds. An order
/// of a new certificate is about its name and what its CSR asks for. A revocation is of an earlier certificate under the same
/// id, so that only another revocation is about the same. Absent for an order of neither a certificate nor a name.
pub(crate) fn subject(order: &NewOrder) -> Option<String> {
    subject_of(&order.task, order.certificate, order.name.as_deref(), order.csr.as_deref())
}

fn subject_of(task: &str, certificate: Option<i64>, name: Option<&str>, csr: Option<&str>) -> Option<String> {
    match (certificate, name) {
        (Some(certificate), _) if task == "certificate-revoke" => Some(format!("revocation {certificate}")),
        (Some(certificate), _) => Some(format!("certificate {certificate}")),
        // Not the CSR itself: an index takes no text of any length, and one that is made anew is signed anew.
        (None, Some(name)) => {
            let name = spelled(name);
            Some(match csr {
                Some(csr) => format!("new {name} {}", hexadecimal(&asked_hash(csr))),
                None => format!("new {name}"),
            })
        }
        (None, None) => None,
    }
}

/// What a CSR asks for; of one that cannot be read its text.
fn asked_hash(csr: &str) -> [u8; 32] {
    CertificateRequest::read(csr).map_or_else(|_| Sha256::digest(csr).into(), |request| request.asked_hash())
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) const BY_SUBJECT: &str = "FROM orders WHERE account = ?1 AND subject = ?2 AND finished = 0";
/// Each of the two has an index of its own: of one condition SQLite would look at every order of the account.
pub(crate) const UNFINISHED: &str =
    "FROM orders WHERE rowid IN (SELECT rowid FROM orders WHERE account = ?1 AND finished = 0
    UNION SELECT rowid FROM orders WHERE account = ?1 AND published IS NOT NULL) ORDER BY rowid";
/// As the index has it that they are found by.
pub(crate) const DEPLOYED: &str = r#"FROM orders WHERE account = ?1
    AND state = 'done' AND (resume LIKE '%"hook":%' OR resume LIKE '%"verify":%') ORDER BY rowid"#;
pub(crate) const BATCH: &str = "FROM orders WHERE batch = ?2 AND account = ?1 ORDER BY rowid";
/// Of one condition SQLite would look at every order of the account here, too.
pub(crate) const BATCHES: &str =
    "FROM orders WHERE rowid IN (SELECT rowid FROM orders WHERE batch >= ?2 AND batch < ?3)
    AND account = ?1 ORDER BY rowid";
/// The orders of new certificates that are known by now. Their names may be spelled in several ways, which no condition tells.
pub(crate) const NEW_CERTIFICATES: &str =
    "FROM orders WHERE account = ?1 AND task = 'certificate-create' AND certificate IS NOT NULL";
/// Those of them that are not finished.
pub(crate) const NEW_UNFINISHED: &str =
    "FROM orders WHERE rowid IN (SELECT rowid FROM orders WHERE account = ?1 AND finished = 0)
    AND task = 'certificate-create' AND certificate IS NOT NULL ORDER BY rowid";
/// The unfinished orders of new certificates, by what they asked for.
pub(crate) const NEW_ASKED: &str =
    "FROM orders WHERE rowid IN (SELECT rowid FROM orders WHERE account = ?1 AND finished = 0)
    AND task = 'certificate-create' AND resume LIKE ?2 ORDER BY rowid";
pub(crate) const BY_JOB: &str = "FROM orders WHERE account = ?1 AND job = ?2";

/// The order of that subject that is not finished.
fn conflicting(
    session: &dyn Session,
    account: &str,
    subject: Option<&str>,
    lease: &Lease,
) -> Result<Option<ConflictingOrder>, StoreError> {
    let sql = format!("SELECT {COLUMNS}, holder {BY_SUBJECT}");
    let found = session.first(&sql, &[account.value(), Value::Text(subject)], with_holder)?;
    found.map(|found| in_the_way(session, found, lease)).transpose()
}

/// The unfinished order of a new certificate that asked for the same, and is about its certificate by now.
fn followed(session: &dyn Session, order: &NewOrder, lease: &Lease) -> Result<Option<ConflictingOrder>, StoreError> {
    let NewOrder { task, account, certificate: None, name: Some(_), .. } = order else { return Ok(None) };
    if task != "certificate-create" {
        return Ok(None);
    }
    let subject = subject(order);
    let asks_for_the_same = |(other, _): &WithHolder| {
        let NewOrder { name, csr, .. } = &other.order;
        subject_of(task, None, name.as_deref(), csr.as_deref()) == subject
    };
    let sql = format!("SELECT {COLUMNS}, holder {NEW_UNFINISHED}");
    let found = session.all(&sql, values![account], with_holder)?.into_iter().find(asks_for_the_same);
    found.map(|found| in_the_way(session, found, lease)).transpose()
}

/// The unfinished order of a new certificate that was asked for in these words, but for one.
pub(crate) fn unfinished_of_new(
    session: &dyn Session,
    account: &str,
    asked: &str,
    but: Option<&str>,
    lease: &Lease,
) -> Result<Option<ConflictingOrder>, StoreError> {
    // Few of them are read: in a pattern any other character stands for what it may be written as.
    let words: String = asked.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '%' }).collect();
    let sql = format!("SELECT {COLUMNS}, holder {NEW_ASKED}");
    let pattern = format!("%\"asked\":\"{words}\"%");
    let found = session.all(&sql, values![account, pattern], with_holder)?;
    let is_it = |(other, _): &WithHolder| {
        other.order.resume.asked.as_deref() == Some(asked) && but != Some(other.order.id.as_str())
    };
    found.into_iter().find(is_it).map(|found| in_the_way(session, found, lease)).transpose()
}

/// An order and which process has it.
type WithHolder = (Box<Order>, Option<String>);

fn with_holder(row: &dyn Row) -> Result<WithHolder, StoreError> {
    // Behind all columns of an order.
    const HOLDER: usize = 15;
    Ok((Box::new(read(row)?), row.get(HOLDER)?))
}

fn in_the_way(
    session: &dyn Session,
    (order, holder): WithHolder,
    lease: &Lease,
) -> Result<ConflictingOrder, StoreError> {
    let is_held = holder.map_or(Ok(false), |holder| leases::is_of_another(session, lease, &holder))?;
    Ok(ConflictingOrder { order, is_held })
}

/// Gives the unfinished orders of an older store their subjects by today's rules. Where several are about the same, the oldest has it, and
/// the history of the others says so. An order whose certificate became known has the right one, whatever its rule was.
pub(crate) fn fill_subjects(session: &dyn Session) -> Result<(), StoreError> {
    let now: Option<i64> = session.first(&format!("SELECT {}", session.now()), &[], |row| row.get(0))?;
    let sql = "SELECT id, account, task, certificate, name, csr, state FROM orders
        WHERE finished = 0 AND (subject IS NULL OR certificate IS NULL) ORDER BY rowid";
    let unfinished = session.all(sql, &[], |row| {
        let (task, name, csr): (String, Option<String>, Option<String>) = (row.get(2)?, row.get(4)?, row.get(5)?);
        let subject = subject_of(&task, row.get(3)?, name.as_deref(), csr.as_deref());
        Ok((row.get::<String>(0)?, row.get::<String>(1)?, subject, state(row, 6)?))
    })?;
    for (id, account, subject, state) in unfinished {
        let first =
            session.first(&format!("SELECT id {BY_SUBJECT}"), values![account, subject], |row| row.get::<String>(0))?;
        match first {
            None => drop(session.execute("UPDATE orders SET subject = ?2 WHERE id = ?1", values![id, subject])?),
            Some(first) if first == id => {}
            Some(first) => {
                let detail = format!(
                    "order {first} of the same was not finished either when the store was brought up to date: one of the two may be one too many"
                );
                happened(session, &id, state, &detail, now.unwrap_or_default())?;
            }
        }
    }
    Ok(())
}

/// Notes what became of an order that this lease holds.
pub(crate) fn change(
    session: &dyn Session,
    id: &str,
    change: &Change,
    lease: &Lease,
    now: i64,
) -> Result<(), StoreError> {
    let before = standing(session, id)?;
    if before.holder.as_deref() != Some(lease.token()) || !write(session, id, &before, change, now)? {
        return Err(StoreError::LeaseLost(id.to_owned()));
    }
    Ok(())
}

/// Notes what became of an order, unless another process has it. Whether that was noted.
pub(crate) fn advance(
    session: &dyn Session,
    id: &str,
    change: &Change,
    lease: &Lease,
    now: i64,
) -> Result<bool, StoreError> {
    let before = standing(session, id)?;
    if let Some(holder) = &before.holder
        && leases::is_of_another(session, lease, holder)?
    {
        return Ok(false);
    }
    write(session, id, &before, change, now)
}

/// Where an order stands before it is written, and whose it is.
struct Standing {
    state: State,
    holder: Option<String>,
}

fn standing(session: &dyn Session, id: &str) -> Result<Standing, StoreError> {
    let sql = "SELECT state, holder FROM orders WHERE id = ?1";
    let found = session.first(sql, values![id], |row| Ok(Standing { state: state(row, 0)?, holder: row.get(1)? }))?;
    found.ok_or_else(|| StoreError::NoOrder(id.to_owned()))
}

/// Writes a change, if the order is still whose it was. Whether it was.
fn write(session: &dyn Session, id: &str, before: &Standing, change: &Change, now: i64) -> Result<bool, StoreError> {
    let Change { state: after, job, stid, certificate, detail } = change;
    if !before.state.may_become(*after) {
        return Err(StoreError::Transition { id: id.to_owned(), before: before.state, after: *after });
    }
    // A job that was named by hand is not its job where it never arrived.
    let never = before.state == State::Unknown && *after == State::Abandoned;
    let changed = session.execute(
        "UPDATE orders SET state = ?2, finished = ?3, job = coalesce(?4, CASE WHEN ?8 = 1 THEN NULL ELSE job END),
         stid = coalesce(?5, stid), certificate = coalesce(?6, certificate), updated = ?7
         WHERE id = ?1 AND holder IS NOT DISTINCT FROM ?9 AND state = ?10",
        values![
            id,
            after.as_str(),
            after.is_finished(),
            job,
            stid,
            certificate,
            now,
            never,
            before.holder,
            before.state.as_str()
        ],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    if certificate.is_some() {
        follow_certificate(session, id)?;
    }
    if let Some(job) = job {
        messages::link(session, id, *job)?;
    }
    if *after == State::Done
        && let Some(done) = by_id(session, id)?
    {
        folders::note_done(session, done.order)?;
    }
    happened(session, id, *after, detail, now)?;
    Ok(true)
}

/// An order whose certificate became known is about that one from then on, unless another order is already.
fn follow_certificate(session: &dyn Session, id: &str) -> Result<(), StoreError> {
    let Some(order) = by_id(session, id)?.filter(|order| !order.state.is_finished()) else { return Ok(()) };
    session.execute(
        "UPDATE orders SET subject = ?2 WHERE id = ?1 AND NOT EXISTS
         (SELECT 1 FROM orders WHERE account = ?3 AND subject = ?2 AND finished = 0)",
        values![id, subject(&order.order), order.order.account],
    )?;
    Ok(())
}

fn happened(session: &dyn Session, id: &str, state: State, detail: &str, now: i64) -> Result<(), StoreError> {
    session.execute(
        "INSERT INTO happenings (order_id, time, state, detail) VALUES (?1, ?2, ?3, ?4)",
        values![id, now, state.as_str(), detail],
    )?;
    Ok(())
}

pub(crate) fn acquire(session: &dyn Session, id: &str, lease: &Lease) -> Result<bool, StoreError> {
    let before = standing(session, id)?.holder;
    if let Some(holder) = &before
        && leases::is_of_another(session, lease, holder)?
    {
        return Ok(false);
    }
    leases::renew(session, lease)?;
    let sql = "UPDATE orders SET holder = ?2 WHERE id = ?1 AND holder IS NOT DISTINCT FROM ?3";
    Ok(session.execute(sql, values![id, lease.token(), before])? == 1)
}

pub(crate) fn release(session: &dyn Session, id: &str, lease: &Lease) -> Result<(), StoreError> {
    session.execute(
        "UPDATE orders SET holder = NULL WHERE id = ?1 AND holder = ?2 AND published IS NULL",
        values![id, lease.token()],
    )?;
    Ok(())
}

pub(crate) fn by_id(session: &dyn Session, id: &str) -> Result<Option<Order>, StoreError> {
    session.first(&format!("SELECT {COLUMNS} FROM orders WHERE id = ?1"), values![id], read)
}

pub(crate) fn by_job(session: &dyn Session, account: &str, job: i64) -> Result<Option<Order>, StoreError> {
    session.first(&format!("SELECT {COLUMNS} {BY_JOB}"), values![account, job], read)
}

/// One whose job is not known.
pub(crate) fn by_stid(session: &dyn Session, account: &str, stid: &str) -> Result<Option<Order>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM orders WHERE account = ?1 AND stid = ?2 AND job IS NULL");
    session.first(&sql, values![account, stid], read)
}

pub(crate) fn new_certificates_of_others(
    session: &dyn Session,
    id: &str,
    account: &str,
    name: &str,
) -> Result<Vec<i64>, StoreError> {
    let sql = format!("SELECT certificate, name {NEW_CERTIFICATES} AND id <> ?2");
    let others = session.all(&sql, values![account, id], |row| Ok((row.get(0)?, row.get::<Option<String>>(1)?)))?;
    let of_name =
        others.into_iter().filter(|(_, other)| other.as_deref().is_some_and(|other| is_same_name(other, name)));
    Ok(of_name.map(|(certificate, _)| certificate).collect())
}

pub(crate) fn each(session: &dyn Session, which: &Which, call: &mut dyn FnMut(Order)) -> Result<(), StoreError> {
    each_with(session, COLUMNS, which, call)
}

pub(crate) fn list(session: &dyn Session, which: &Which, call: &mut dyn FnMut(Order)) -> Result<(), StoreError> {
    each_with(session, LISTED, which, call)
}

fn each_with(
    session: &dyn Session,
    columns: &str,
    which: &Which,
    call: &mut dyn FnMut(Order),
) -> Result<(), StoreError> {
    let end;
    let (tail, keys) = match which {
        Which::All => ("FROM orders ORDER BY rowid", Vec::new()),
        Which::Unfinished(account) => (UNFINISHED, vec![account.value()]),
        Which::Deployed(account) => (DEPLOYED, vec![account.value()]),
        Which::Batch { account, batch } => (BATCH, vec![account.value(), batch.value()]),
        Which::Batches { account, beginning } => {
            // No text is behind it.
            end = format!("{beginning}{}", char::MAX);
            (BATCHES, vec![account.value(), beginning.value(), end.value()])
        }
    };
    session.each(&format!("SELECT {columns} {tail}"), &keys, &mut |row| {
        call(read(row)?);
        Ok(())
    })
}

pub(crate) fn history(session: &dyn Session, id: &str) -> Result<Vec<OrderEvent>, StoreError> {
    let sql = "SELECT time, state, detail FROM happenings WHERE order_id = ?1 ORDER BY rowid";
    session
        .all(sql, values![id], |row| Ok(OrderEvent { time: row.get(0)?, state: state(row, 1)?, detail: row.get(2)? }))
}
