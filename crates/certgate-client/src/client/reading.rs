//! What a reply says, without what it echoes of the run's secrets, and whether it is taken.

use certgate_domain::{AnyData, GenericObject, Message, Protocol, Response, TaskKind, Verdict};
use certgate_wire::{Body, DecodeError, Decoded, Reply};

use super::Client;
use crate::{Error, Exchange, GatewayError, Refusal, label};

const UNPACKED: &str = "an answer that is not compressed, since none was asked for";

impl Client {
    /// What is not known of an answer made an error, where the client is strict. What changed something is done all the same.
    ///
    /// # Errors
    /// [`GatewayError::Unexpected`].
    pub fn understood(&self, task: TaskKind, exchange: Exchange) -> Result<Exchange, Error> {
        match exchange.answer.findings.first() {
            Some(first) if self.is_strict && task.is_safe_to_repeat() => {
                Err(GatewayError::Unexpected { task, finding: first.clone() }.into())
            }
            _ => Ok(exchange),
        }
    }

    /// A refusal made an error.
    ///
    /// # Errors
    /// [`GatewayError::Refused`].
    pub fn accepted(&self, task: TaskKind, exchange: Exchange) -> Result<Exchange, Error> {
        if exchange.answer.value.verdict() == Some(Verdict::Refused) {
            let auth = exchange.is_unauthorized();
            let mut answer = exchange.answer.value;
            answer.ctid = answer.ctid.or_else(|| self.options.ctid.clone());
            return Err(GatewayError::Refused(Box::new(Refusal { task, answer, auth })).into());
        }
        Ok(exchange)
    }

    /// Decodes a reply. What it echoes of this run's secrets is in no refusal, text, finding or error, nor is in a text what it assigns to
    /// a password of somebody else; what was done keeps its data as it came, since it is worked with and sent again.
    pub(super) fn read(
        &self,
        task: TaskKind,
        mut reply: Reply,
    ) -> (Result<Decoded<Response<AnyData>>, DecodeError>, Reply) {
        let mut read = self.decoded(task, &reply);
        let is_clean = read.as_ref().is_ok_and(|answer| self.is_clean(task, &answer.value));
        if !is_clean && let Some((clean, kept)) = self.redactor.echo(&reply.body) {
            let without = self.codec.decode_response(task, &Reply { body: Body(clean), ..reply.clone() });
            match (&mut read, without) {
                (Ok(answer), Ok(mut without)) => {
                    let (said, clean) = (&mut answer.value, &mut without.value);
                    // A message is kept as it is shown; unless the secret is part of names, which are then no longer known.
                    let is_kept = task == TaskKind::PollInfo && answer.findings.len() == without.findings.len();
                    if said.verdict() == Some(Verdict::Refused) || is_kept {
                        (clean.status.code, clean.status.r#type) = (said.status.code.take(), said.status.r#type.take());
                        (*answer, reply.body) = (without, Body(kept));
                    } else {
                        said.status.text = clean.status.text.take();
                        said.messages = std::mem::take(&mut clean.messages);
                        (said.stid, said.ctid) = (clean.stid.take(), clean.ctid.take());
                    }
                }
                // A secret that is a word or a number of the protocol is no echo: without it, nothing can be read.
                (Ok(_), Err(_)) => {}
                (Err(_), without) => (read, reply.body) = (without, Body(kept)),
            }
        }
        match &mut read {
            Ok(answer) => {
                answer.value.status.text.iter_mut().for_each(without_password);
                answer.value.messages.iter_mut().for_each(without_passwords);
                for finding in &mut answer.findings {
                    finding.path = self.redacted(&finding.path);
                }
            }
            Err(why) => without_password(&mut why.found),
        }
        (read, reply)
    }

    /// Whether an answer is taken as it came: it was done, and says no secret beside its data, which are most of it and are not looked through.
    fn is_clean(&self, task: TaskKind, answer: &Response<AnyData>) -> bool {
        if task == TaskKind::PollInfo || answer.verdict() == Some(Verdict::Refused) {
            return false;
        }
        let Response { stid, ctid, status, object: _, messages: _, data: _ } = answer;
        let in_messages = answer.all_messages().flat_map(|message| {
            let Message { text, notice, messages: _, objects, code, status } = message;
            let objects =
                objects.iter().flat_map(|GenericObject { r#type, value }| [r#type.as_deref(), value.as_deref()]);
            let status = status.as_ref().map(|status| status.as_str());
            [text.as_deref(), notice.as_deref(), code.as_deref(), status].into_iter().chain(objects)
        });
        let said = [stid.as_deref(), ctid.as_deref(), status.text.as_deref()].into_iter().chain(in_messages);
        said.flatten().all(|text| self.redactor.shown(text).is_none())
    }

    fn decoded(&self, task: TaskKind, reply: &Reply) -> Result<Decoded<Response<AnyData>>, DecodeError> {
        match reply.compression() {
            Some(found) => Err(DecodeError::new("body", found, UNPACKED)),
            None => self.codec.decode_response(task, reply),
        }
    }
}

fn without_passwords(message: &mut Message) {
    let Message { text, notice, messages, objects, code: _, status: _ } = message;
    let objects = objects.iter_mut().map(|object| &mut object.value);
    [text, notice].into_iter().chain(objects).flatten().for_each(without_password);
    messages.iter_mut().for_each(without_passwords);
}

fn without_password(text: &mut String) {
    // Escaped by neither protocol any more.
    *text = label::without_assigned(text, Protocol::Xml);
}
