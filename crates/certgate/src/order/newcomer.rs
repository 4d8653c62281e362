//! A certificate that somebody else came to since a new one of its name was begun here: its job is over, and not among those that run.

use certgate_domain::{
    AnyData, AnyTask, Certificate, Query, QueryFilter, TaskKind, task::CertificateList, words::Operator,
};

use super::{PreparationError, preparation::is_fresh, recovery::was_changed_since};
use crate::{
    Client, Error, Journal,
    selector::{is_same_name, spellings},
};

/// So many certificates of one name are looked at.
const MOST: i64 = 1000;

/// Since when a new certificate is on its way, in milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) enum Since {
    /// The account had none of its name then, and is to have one.
    NoneOfItsName(i64),
    /// Another one of its name is ordered, whichever were there.
    Begun(i64),
}

/// Looks whether the account has another certificate of that name by now: one is enough where none was there, else it has to have come or been
/// changed meanwhile. An order that leaves at once is not looked after.
///
/// # Errors
/// [`PreparationError::CameMeanwhile`], or the client or the store could not tell: order nothing.
pub(super) fn look(client: &mut Client, journal: &Journal, name: &str, since: Since) -> Result<(), Error> {
    let (Since::NoneOfItsName(at) | Since::Begun(at)) = since;
    if is_fresh(client, journal, at, TaskKind::CertificateList) {
        return Ok(());
    }
    let own = match since {
        Since::NoneOfItsName(_) => Vec::new(),
        Since::Begun(_) if journal.orders_new(name)? => return Ok(()),
        Since::Begun(_) => journal.new_certificates_of_others("", name)?,
    };
    for spelling in spellings(name) {
        let filters = vec![QueryFilter::new("name", Operator::Equal, spelling)];
        let query = Query { filters, ..Query::default() }.window(0, MOST);
        let exchange = match client.ask(&AnyTask::from(CertificateList { query })) {
            // An account that may not list its certificates shows none.
            Err(error) if error.refusal().is_some() => return Ok(()),
            answered => answered?,
        };
        let (now, date) = (journal.now(), exchange.date());
        let is_meant = |one: &Certificate| {
            let came = match since {
                Since::NoneOfItsName(_) => true,
                Since::Begun(at) => was_changed_since(client, one, at, now, date),
            };
            // In a condition `*` stands for any text, and `*.example.com` is a name.
            came && one.name.as_deref().is_some_and(|other| is_same_name(other, name))
        };
        let listed = exchange.answer.value.data.iter().filter_map(|data| match data {
            AnyData::Certificate(one) if is_meant(one) => one.id,
            _ => None,
        });
        if let Some(certificate) = listed.filter(|id| !own.contains(id)).max() {
            return Err(PreparationError::CameMeanwhile { certificate, name: name.to_owned() }.into());
        }
    }
    Ok(())
}
