use certgate_domain::{AnyData, Response, TaskKind, Verdict, task::JobCancel, words::JobStatus};

use crate::{
    task::{Asked, job},
    world::World,
};

pub(super) fn run(world: &mut World, task: &JobCancel, asked: &Asked<'_>) -> Response<AnyData> {
    let answer = job::done(
        world,
        TaskKind::JobCancel.status_number(world.protocol),
        task.id,
        "The job was cancelled successfully.",
    );
    if let (Some(id), Some(Verdict::Done)) = (task.id, answer.verdict()) {
        world.finish(id, JobStatus::Canceled, asked.now);
    }
    answer
}
