//! Tasks asked on both sides: the front's own gateway answers, and what the gateway behind would have said is compared with that.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use certgate_client::{Asker, Client, Interceptor, Outgoing, Redactor};
use certgate_domain::{AnyData, Call, Response, TaskKind};
use certgate_json::document;
use certgate_tape::{Noise, difference::fields};
use certgate_wire::{Reply, Request};
use serde_json::{Value, json};

use crate::{behind, front::Front};

/// What asks for the same again, and compares.
pub(crate) struct Shadow {
    waiting: SyncSender<Job>,
    report: ShadowReport,
}

/// What comparisons came to, by task. Its clones are the same.
#[derive(Debug, Clone, Default)]
pub struct ShadowReport(Arc<Mutex<BTreeMap<&'static str, Tally>>>);

/// The comparisons of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How often the front's own gateway answered it.
    pub asked: u64,
    /// How often the other side said the same.
    pub equal: u64,
    /// How often it said something else, and again when both were asked once more.
    pub different: u64,
}

impl Tally {
    /// How often the other side could not be asked, or was not yet.
    pub fn unasked(self) -> u64 {
        self.asked.saturating_sub(self.equal + self.different)
    }
}

/// A task that the front's own gateway has answered.
pub(crate) struct Job {
    pub(crate) call: Call,
    /// The request for it alone, and the reply with nothing else in it.
    pub(crate) request: Request,
    pub(crate) reply: Reply,
    pub(crate) answer: Response<AnyData>,
}

/// Whom a comparison asks.
pub struct Sides {
    /// The gateway over the other protocol.
    pub behind: Client,
    /// The gateway over the front's protocol, for asking once more.
    pub beside: Client,
    /// Records what the front's own gateway answered.
    pub recorder: Option<Arc<dyn Interceptor>>,
}

/// So many wait to be compared; what comes on top is not.
const MOST_WAITING: usize = 256;
/// How long a comparison waits for the gateway's pace.
const PATIENCE: Duration = Duration::from_secs(60);

impl Shadow {
    /// Compares on a thread of its own, so that nobody waits for it. `tell` is told of each difference: the task, and the fields.
    pub(crate) fn start(sides: Sides, front: Arc<Front>, tell: impl Fn(TaskKind, &[String]) + Send + 'static) -> Self {
        let (waiting, jobs) = sync_channel(MOST_WAITING);
        let report = ShadowReport::default();
        let tallies = report.clone();
        // Without a thread nothing is compared, and the report says so.
        let _ = thread::Builder::new()
            .name("certgate-shadow".to_owned())
            .spawn(move || Comparing { sides, front, report: tallies, tell }.run(&jobs));
        Self { waiting, report }
    }

    pub(crate) fn report(&self) -> &ShadowReport {
        &self.report
    }

    /// Whether a task is asked on both sides: it changes nothing, and both protocols have it.
    pub(crate) fn fits(kind: TaskKind) -> bool {
        kind.changes_nothing() && kind != TaskKind::Hello
    }

    pub(crate) fn compare(&self, job: Job) {
        self.report.tally(job.call.task.kind(), |tally| tally.asked += 1);
        // Where too many wait, this one was not asked.
        let _ = self.waiting.try_send(job);
    }
}

impl ShadowReport {
    fn tally(&self, kind: TaskKind, count: impl FnOnce(&mut Tally)) {
        count(self.locked().entry(kind.name()).or_default());
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<&'static str, Tally>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The comparisons so far, by the name of the task.
    pub fn tallies(&self) -> Vec<(&'static str, Tally)> {
        self.locked().iter().map(|(task, tally)| (*task, *tally)).collect()
    }

    /// The same as a document.
    pub fn document(&self) -> Value {
        let row = |(task, tally): (&str, Tally)| {
            json!({ "task": task, "asked": tally.asked, "equal": tally.equal, "different": tally.different,
                "unasked": tally.unasked() })
        };
        json!({ "schema": 1, "tasks": self.tallies().into_iter().map(row).collect::<Vec<_>>() })
    }

    /// The same as metrics.
    pub(crate) fn metrics(&self) -> String {
        let mut text = "# HELP certgate_bridge_shadow_total Tasks asked on both sides, by what came of it.\n\
                        # TYPE certgate_bridge_shadow_total counter\n"
            .to_owned();
        let tallies = self.tallies();
        for (task, tally) in &tallies {
            for (result, count) in [("equal", tally.equal), ("different", tally.different)] {
                let _ = writeln!(text, "certgate_bridge_shadow_total{{task=\"{task}\",result=\"{result}\"}} {count}");
            }
        }
        // It goes down again when what waits has been compared.
        text += "# HELP certgate_bridge_shadow_unasked Tasks that the other side could not be asked for, or was not yet.\n\
                 # TYPE certgate_bridge_shadow_unasked gauge\n";
        for (task, tally) in tallies {
            let _ = writeln!(text, "certgate_bridge_shadow_unasked{{task=\"{task}\"}} {}", tally.unasked());
        }
        text
    }
}

struct Comparing<T> {
    sides: Sides,
    front: Arc<Front>,
    report: ShadowReport,
    tell: T,
}

impl<T: Fn(TaskKind, &[String])> Comparing<T> {
    fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            let kind = job.call.task.kind();
            match self.differences(&job) {
                None => {}
                Some(found) if found.is_empty() => self.report.tally(kind, |tally| tally.equal += 1),
                Some(found) => {
                    self.report.tally(kind, |tally| tally.different += 1);
                    (self.tell)(kind, &found);
                }
            }
        }
    }

    /// The fields in which the sides differ; `None` where the other side could not be asked.
    fn differences(&mut self, job: &Job) -> Option<Vec<String>> {
        self.record(job);
        let other = self.other(&job.call)?;
        let found = differing(&job.answer, &other);
        if found.is_empty() {
            return Some(found);
        }
        // Something may have been changed between the two: whatever stays says what it is.
        let never = || false;
        let asker = Asker::new(PATIENCE, &never);
        let reply = self.sides.beside.relay(None, job.call.identity.as_ref(), &job.request, &asker).ok();
        let again = reply.and_then(|reply| self.front.codec.decode_response(job.call.task.kind(), &reply).ok());
        match again {
            Some(again) => Some(differing(&again.value, &other)),
            None => Some(found),
        }
    }

    fn other(&mut self, call: &Call) -> Option<Response<AnyData>> {
        let mut call = call.clone();
        let client = &mut self.sides.behind;
        behind::dispensable(client, &mut call);
        let call = behind::sayable(client, call).ok()?;
        let never = || false;
        let heard = behind::ask(client, &call, || Asker::new(PATIENCE, &never)).ok()?;
        Some(self.front.told(call.task(), heard.answer))
    }

    /// Records what the front's own gateway answered.
    fn record(&self, job: &Job) {
        let Some(recorder) = &self.sides.recorder else { return };
        let redactor = job.call.identity.as_ref().map(Redactor::of).unwrap_or_default();
        let outgoing = Outgoing {
            task: job.call.task.kind(),
            attempt: 1,
            since: self.sides.beside.now(),
            endpoint: self.sides.beside.endpoint(),
            request: &job.request,
            codec: &*self.front.codec,
            redactor: &redactor,
        };
        // It gives back what it is given; what it cannot record it says when the tape is finished.
        let _ = recorder.around(&outgoing, &mut || Ok(job.reply.clone()));
    }
}

/// The fields that are not alike, and how, but for those that mean nothing.
fn differing(own: &Response<AnyData>, other: &Response<AnyData>) -> Vec<String> {
    let found = fields(&document::response(own), &document::response(other));
    let noise = Noise::default();
    found
        .iter()
        .filter(|field| noise.counts(field))
        .map(|field| format!("{} ({})", field.path, field.relation().name()))
        .collect()
}
