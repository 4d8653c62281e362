//! What a reply says, without what it echoes of the run's secrets.

use certgate_domain::{AnyData, Response, TaskKind, Verdict};
use certgate_wire::{Body, DecodeError, Decoded, Reply};

use super::Client;

impl Client {
    /// Decodes a reply. What it echoes of this run's secrets is in no refusal, text, finding or error; what was done keeps its
    /// data as it came, since it is worked with and sent again.
    pub(super) fn read(
        &self,
        task: TaskKind,
        mut reply: Reply,
    ) -> (Result<Decoded<Response<AnyData>>, DecodeError>, Reply) {
        let mut read = self.decoded(task, &reply);
        if let Some((clean, kept)) = self.redactor.echo(&reply.body) {
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
        for finding in read.iter_mut().flat_map(|answer| &mut answer.findings) {
            finding.path = self.redacted(&finding.path);
        }
        (read, reply)
    }

    fn decoded(&self, task: TaskKind, reply: &Reply) -> Result<Decoded<Response<AnyData>>, DecodeError> {
        let coding = reply.header("content-encoding").map(str::trim).filter(|coding| !coding.is_empty());
        match coding {
            Some(coding) if !coding.eq_ignore_ascii_case("identity") => {
                let expected = "an answer that is not compressed, since none was asked for";
                Err(DecodeError::new("body", format!("Content-Encoding: {coding}"), expected))
            }
            _ => self.codec.decode_response(task, reply),
        }
    }
}
