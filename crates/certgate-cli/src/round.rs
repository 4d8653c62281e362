//! What of a batch is left to do, by the orders that its lines made before. `--again` begins a round, which the orders carry, so
//! that the same command carries on with a round that was interrupted and does not begin another.

use certgate_store::{Order, State};

/// What is left of a line.
#[derive(Debug)]
pub(crate) enum Left {
    /// Nothing: this order did it.
    Nothing(Order),
    /// This order is not finished.
    CarryOn(Order),
    /// It is to be ordered.
    Order,
}

/// The round that a run is of: the newest one, or the next where `--again` may begin it, since nothing of the newest is left.
/// The first one is none of `--again`: what failed in it does not hold up the next.
pub(crate) fn round(lines: &[Vec<Order>], again: bool) -> u64 {
    let newest = lines.iter().flatten().map(of).max().unwrap_or_default();
    let unfinished = lines.iter().flatten().any(|order| !order.state.is_finished());
    let whole = lines.iter().all(|line| line.iter().any(|order| is_done(order, newest)));
    if again && !unfinished && (newest == 0 || whole) { newest + 1 } else { newest }
}

/// What is left of a line in that round. Without `--again` what was done in any round is done.
pub(crate) fn left(line: Vec<Order>, round: u64, again: bool) -> Left {
    let since = if again { round } else { 0 };
    let mut done = None;
    for order in line {
        if !order.state.is_finished() {
            return Left::CarryOn(order);
        }
        if is_done(&order, since) {
            done = Some(order);
        }
    }
    done.map_or(Left::Order, Left::Nothing)
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

    use super::{Left, left, round};

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
        use State::{Accepted, Done, Failed, Refused};
        let done = |rounds: &[u64]| rounds.iter().map(|round| order(Done, *round)).collect::<Vec<_>>();
        // The lines' orders; the round and what is left of each line, plainly and with --again: `-` nothing, `>` carry on, `+` order.
        for (title, lines, plainly, again) in [
            ("a first run", vec![vec![], vec![]], "0 ++", "1 ++"),
            ("all done", vec![done(&[0]), done(&[0])], "0 --", "1 ++"),
            ("one failed for good", vec![done(&[0]), vec![order(Refused, 0)]], "0 -+", "1 ++"),
            ("one is out", vec![done(&[0]), vec![order(Accepted, 0)]], "0 ->", "0 ->"),
            ("--again was interrupted", vec![done(&[0, 1]), done(&[0])], "1 --", "1 -+"),
            ("--again is out", vec![done(&[0, 1]), vec![order(Done, 0), order(Accepted, 1)]], "1 ->", "1 ->"),
            ("--again failed", vec![done(&[0, 1]), vec![order(Done, 0), order(Failed, 1)]], "1 --", "1 -+"),
            ("--again is through", vec![done(&[0, 1]), done(&[0, 1])], "1 --", "2 ++"),
            ("a line is new", vec![done(&[0, 1]), vec![]], "1 -+", "1 -+"),
            ("one that is out is not the last", vec![vec![order(Accepted, 0), order(Failed, 0)]], "0 >", "0 >"),
            ("one that is done is not the last", vec![vec![order(Done, 0), order(Refused, 0)]], "0 -", "1 +"),
        ] {
            for (with_again, expected) in [(false, plainly), (true, again)] {
                let number = round(&lines, with_again);
                let signs: String = lines
                    .iter()
                    .map(|line| match left(line.clone(), number, with_again) {
                        Left::Nothing(_) => '-',
                        Left::CarryOn(_) => '>',
                        Left::Order => '+',
                    })
                    .collect();
                assert_eq!(format!("{number} {signs}"), expected, "{title}, --again {with_again}");
            }
        }
    }
}
