/// Asks for the first message of the account's queue: XML 0905, JSON `GET /poll`, answered at once with a
/// [`PollMessage`](crate::PollMessage) or none. It shows the same message until that one is confirmed.
/// Source: the documented page.
///
/// ```
/// use certgate_domain::{AnyTask, TaskKind, task::PollInfo};
/// assert_eq!(AnyTask::from(PollInfo).kind(), TaskKind::PollInfo);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PollInfo;
