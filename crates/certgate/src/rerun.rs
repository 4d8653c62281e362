//! What of a batch is left to do, by the orders that its lines made before. Ordering all of it again begins a round, which the
//! orders carry, so that the same run carries on with a round that was interrupted and does not begin another.

use certgate_store::{Order, State};

/// What is left to do of a line.
#[derive(Debug)]
pub enum Remaining<'o> {
    /// Nothing: this order did it.
    Nothing(&'o Order),
    /// This order is not finished.
    Resume(&'o Order),
    /// The order is to be placed.
    Place,
}

/// The round that a run belongs to: the newest one, or the next where `again` may begin it, since nothing of the newest is left.
/// Round 0 is the first run without `again`; its failures do not block a new round.
pub fn round(lines: &[Vec<Order>], again: bool) -> u64 {
    let newest = lines.iter().flatten().map(of).max().unwrap_or_default();
    let unfinished = lines.iter().flatten().any(|order| !order.state.is_finished());
    let whole = lines.iter().all(|line| line.iter().any(|order| is_done(order, newest)));
    if again && !unfinished && (newest == 0 || whole) { newest + 1 } else { newest }
}

/// What is left to do of a line in that round. Without `again` what was done in any round is done.
pub fn remaining(line: &[Order], round: u64, again: bool) -> Remaining<'_> {
    let since = if again { round } else { 0 };
    let mut done = None;
    for order in line {
        if !order.state.is_finished() {
            return Remaining::Resume(order);
        }
        if is_done(order, since) {
            done = Some(order);
        }
    }
    done.map_or(Remaining::Place, Remaining::Nothing)
}

fn is_done(order: &Order, since: u64) -> bool {
    order.state == State::Done && of(order) >= since
}

fn of(order: &Order) -> u64 {
    order.order.resume.round
}

#[cfg(test)]
mod tests {
    use certgate_store::{NewOrder, Order, ResumeData, State};

    use super::{Remaining, remaining, round};

    fn order(state: State, round: u64) -> Order {
        Order {
            order: NewOrder { resume: ResumeData { round, ..ResumeData::default() }, ..NewOrder::default() },
            state,
            job: None,
            stid: None,
            published: Vec::new(),
            created: 0,
            updated: 0,
        }
    }

    #[test]
    fn only_what_is_left() {
        use State::{Done, Failed, Pending, Refused};
        let done = |rounds: &[u64]| rounds.iter().map(|round| order(Done, *round)).collect::<Vec<_>>();
        // The lines' orders; the round and what is left of each line, plainly and with --again: `-` nothing, `>` carry on, `+` order.
        for (title, lines, plainly, again) in [
            ("a first run", vec![vec![], vec![]], "0 ++", "1 ++"),
            ("all done", vec![done(&[0]), done(&[0])], "0 --", "1 ++"),
            ("one failed for good", vec![done(&[0]), vec![order(Refused, 0)]], "0 -+", "1 ++"),
            ("one is out", vec![done(&[0]), vec![order(Pending, 0)]], "0 ->", "0 ->"),
            ("--again was interrupted", vec![done(&[0, 1]), done(&[0])], "1 --", "1 -+"),
            ("--again is out", vec![done(&[0, 1]), vec![order(Done, 0), order(Pending, 1)]], "1 ->", "1 ->"),
            ("--again failed", vec![done(&[0, 1]), vec![order(Done, 0), order(Failed, 1)]], "1 --", "1 -+"),
            ("--again is through", vec![done(&[0, 1]), done(&[0, 1])], "1 --", "2 ++"),
            ("a line is new", vec![done(&[0, 1]), vec![]], "1 -+", "1 -+"),
            ("one that is out is not the last", vec![vec![order(Pending, 0), order(Failed, 0)]], "0 >", "0 >"),
            ("one that is done is not the last", vec![vec![order(Done, 0), order(Refused, 0)]], "0 -", "1 +"),
        ] {
            for (with_again, expected) in [(false, plainly), (true, again)] {
                let number = round(&lines, with_again);
                let signs: String = lines
                    .iter()
                    .map(|line| match remaining(line, number, with_again) {
                        Remaining::Nothing(_) => '-',
                        Remaining::Resume(_) => '>',
                        Remaining::Place => '+',
                    })
                    .collect();
                assert_eq!(format!("{number} {signs}"), expected, "{title}, again {with_again}");
            }
        }
    }
}
