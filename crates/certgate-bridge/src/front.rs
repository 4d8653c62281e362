//! The protocol in front: requests taken apart, answers put together.

use certgate_domain::{AnyData, AnyTask, Protocol, Response, StatusCode, TaskKind};
use certgate_wire::{Answer, Codec, DecodeError, Decoded, Request, TaskPart};

/// The protocol in front.
pub(crate) struct Front {
    pub(crate) codec: Box<dyn Codec>,
}

/// A task of a request.
pub(crate) struct Asked {
    pub(crate) read: Result<Decoded<certgate_domain::Call>, DecodeError>,
    /// Where it stands; absent where nobody needs that.
    pub(crate) part: Option<TaskPart>,
}

/// The number of what has none.
pub(crate) const NO_NUMBER: &str = "00000";

impl Asked {
    /// Its kind, where it is known.
    pub(crate) fn kind(&self, front: Protocol) -> Option<TaskKind> {
        match &self.read {
            Ok(call) => Some(call.value.task.kind()),
            Err(_) => {
                let code = self.part.as_ref()?.code.as_deref()?;
                TaskKind::ALL.iter().copied().find(|kind| kind.status_number(front) == code)
            }
        }
    }

    /// The number of its answers in front: its own, or the one of its kind, else the one that it says itself.
    pub(crate) fn number(&self, front: Protocol) -> &str {
        if let Ok(call) = &self.read {
            return call.value.task.status_number(front);
        }
        let said = || self.part.as_ref()?.code.as_deref().filter(|code| is_number(code));
        self.kind(front).map(|kind| kind.status_number(front)).or_else(said).unwrap_or(NO_NUMBER)
    }

    pub(crate) fn ctid(&self) -> Option<String> {
        match &self.read {
            Ok(call) => call.value.options.ctid.clone(),
            Err(_) => self.part.as_ref()?.ctid.clone(),
        }
    }
}

/// Whether it may be a part of a code. Longer ones are nobody's.
fn is_number(code: &str) -> bool {
    (1..=10).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit())
}

impl Front {
    pub(crate) fn protocol(&self) -> Protocol {
        self.codec.protocol()
    }

    /// The tasks of a request, each read or refused on its own.
    ///
    /// # Errors
    /// The request as a whole cannot be read; with the number of tasks that want an answer.
    pub(crate) fn read(&self, request: &Request) -> Result<Vec<Asked>, (DecodeError, usize)> {
        let tasks = self.codec.decode_tasks(None, request);
        if tasks.iter().all(Result::is_ok) {
            return Ok(tasks.into_iter().map(|read| Asked { read, part: None }).collect());
        }
        let parts = match self.codec.split_request(request) {
            Ok(parts) => parts,
            // Whoever decodes says more precisely what is wrong.
            Err(why) => return Err((tasks.into_iter().find_map(Result::err).unwrap_or(why), 1)),
        };
        match (tasks.len(), parts.len()) {
            (read, there) if read == there => {
                let asked = tasks.into_iter().zip(parts).map(|(read, part)| Asked { read, part: Some(part) });
                Ok(asked.collect())
            }
            // What all of them share cannot be read.
            (_, there) => match tasks.into_iter().next() {
                Some(Err(why)) => Err((why, there)),
                _ => Err((DecodeError::new("request", "no task", "one at least"), there)),
            },
        }
    }

    /// An answer of the gateway behind, with what is not alike in front.
    pub(crate) fn told(&self, task: &AnyTask, mut answer: Response<AnyData>) -> Response<AnyData> {
        let front = self.protocol();
        let (there, here) = (task.status_number(front.other()), task.status_number(front));
        let code = answer.status.code.as_ref().map_or("", StatusCode::as_str);
        if let Some(letter) = code.strip_suffix(there).filter(|letter| letter.len() == 1) {
            answer.status.code = Some(StatusCode::new(format!("{letter}{here}")));
        }
        if task.kind() == TaskKind::Hello {
            // Over XML it looks into the queue, which is nobody's business here.
            (answer.object, answer.data) = (None, Vec::new());
        }
        answer
    }

    /// Finds out where each task stands in its request.
    pub(crate) fn find(&self, request: &Request, asked: &mut [Asked]) -> Result<(), DecodeError> {
        let parts = self.codec.split_request(request)?;
        asked.iter_mut().zip(parts).for_each(|(asked, part)| asked.part = Some(part));
        Ok(())
    }

    /// An answer of another reply, read; `None` where it cannot be.
    pub(crate) fn read_part(&self, kind: TaskKind, text: &str) -> Option<Response<AnyData>> {
        let reply = self.codec.encode_answers(&[Answer::AsReceived(text)]).payload;
        self.codec.decode_response(kind, &reply).ok().map(|answer| answer.value)
    }
}
