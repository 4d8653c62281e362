use certgate_domain::{AnyData, Response, task::Hello, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer},
};

/// JSON only: over XML this task is PollInfo.
pub(super) fn run(_: &mut World, _: &Hello, _: &Asked<'_>) -> Response<AnyData> {
    answer("S00000", "Hello.", StatusType::Success)
}
