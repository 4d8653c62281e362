use certgate_domain::{AnyData, Response, Secret, Session, task::SessionCreate, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer, object},
};

/// Idle minutes after which a session ends by default.
const TIMEOUT: i64 = 10;

pub(super) fn run(world: &mut World, task: &SessionCreate, asked: &Asked<'_>) -> Response<AnyData> {
    let id: String = std::iter::repeat_with(|| world.random.alphanumeric()).take(32).collect();
    let minutes = task.timeout.unwrap_or(TIMEOUT).clamp(TIMEOUT, 300).unsigned_abs();
    let lasts = world.settings.session_time.unwrap_or(std::time::Duration::from_secs(minutes * 60));
    world.session_ids.push(id.clone());
    world.sessions.insert(id.clone(), asked.now.uptime + lasts);
    let mut answer = answer("S1321001", "The session was created successfully.", StatusType::Success);
    let user = world.settings.account.user.clone();
    answer.object = object("user", Some(&user));
    answer.data.push(Session { id: Some(Secret::new(id)), account: None }.into());
    answer
}
