/// Tests connection and credentials: JSON `GET /hello`. The XML gateway has no such task; there it is PollInfo (0905), the
/// cheapest safe one, so an XML request reads back as [`PollInfo`](super::PollInfo).
///
/// ```
/// use certgate_domain::{AnyTask, TaskKind, task::Hello};
/// assert_eq!(AnyTask::from(Hello).kind(), TaskKind::Hello);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hello;
