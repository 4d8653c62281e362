use certgate_domain::{AnyData, Response, words::StatusType};

use crate::world::answer;

/// JSON only: over XML this task is PollInfo.
pub(super) fn run() -> Response<AnyData> {
    answer("S00000", "Hello.", StatusType::Success)
}
