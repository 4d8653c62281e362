//! Many certificates: what `plan`, `apply` and `status` take besides the requests.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::{
    missed,
    simulator::{Simulator, Usage, command, paced, program, timed, usage},
};
use crate::{Failure, repository};

/// Declared certificates for `plan`, and what it may take for them besides the requests.
const DECLARED: usize = 10_000;
const PLAN_SECONDS: f64 = 1.0;
const PLAN_MIB: f64 = 64.0;
/// Certificates that `apply` orders, at a gateway that is so many times faster than the real one: its pace of three requests a
/// second, 250 ms until an answer is there, and jobs of a minute.
const ORDERED: usize = 200;
const FASTER: usize = 5;
const PACE: usize = 3 * FASTER;
const LATENCY: usize = 250 / FASTER;
const JOB_SECONDS: usize = 60 / FASTER;
const APPLY_AIM: f64 = 1.05;
/// Folders that `status` looks at.
const FOLDERS: usize = 1000;
const STATUS_SECONDS: f64 = 0.5;
/// How often what is short is measured.
const RUNS: usize = 5;

pub(super) fn run() -> Result<(), Failure> {
    let program = program()?;
    let folder = repository::root().join("target").join("bench-estate");
    // What an earlier bench left would be known as done.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let bench = Bench { program, folder };
    let state = bench.path("world.json");
    let many = DECLARED.to_string();
    let simulator = Simulator::start(&bench.program, &["--state", &state, "--certificates", &many])?;
    let template = bench.template(&simulator)?;
    drop(simulator);
    let simulator = Simulator::start(&bench.program, &["--state", &state])?;
    bench.install(&template)?;
    bench.plan(&simulator)?;
    bench.status(&simulator)?;
    drop(simulator);
    bench.apply()
}

struct Bench {
    program: PathBuf,
    folder: PathBuf,
}

impl Bench {
    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// A command at that pace, with a store of its own name.
    fn command(&self, simulator: &Simulator, pace: usize, arguments: &[&str]) -> Result<Command, Failure> {
        let config = paced("bench-estate.toml", pace)?;
        let store = self.path("store.sqlite");
        let common = ["--config", &config, "--store", &store, "--output", "json"];
        Ok(command(&self.program, &simulator.address, "json", &[arguments, &common].concat()))
    }

    /// The same, at once: what it printed.
    fn printed(&self, simulator: &Simulator, arguments: &[&str], code: i32) -> Result<Value, Failure> {
        let (_, printed) = timed(self.command(simulator, 1000, arguments)?, code)?;
        serde_json::from_slice(&printed).map_err(|error| error.to_string())
    }

    /// A certificate that is installed as certgate does it. The account's list says of all others that they end when it ends.
    fn template(&self, simulator: &Simulator) -> Result<PathBuf, Failure> {
        let out = self.path("template");
        self.printed(simulator, &["reissue", "571", "--new-key", "--out", &out], 0)?;
        let shown = self.printed(simulator, &["info", "571"], 0)?;
        let ends = shown.pointer("/response/data/0/expire").and_then(Value::as_str).unwrap_or_default().to_owned();
        let world = self.path("world.json");
        let text = fs::read_to_string(&world).map_err(|error| error.to_string())?;
        let mut parts = text.split("\"expire\":\"");
        let mut rewritten = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.split_once('"').map_or("", |(_, rest)| rest);
            rewritten += &format!("\"expire\":\"{ends}\"{rest}");
        }
        write(Path::new(&world), &rewritten)?;
        Ok(PathBuf::from(out))
    }

    /// A folder like the template for each certificate of the account, and the file that declares all of them.
    fn install(&self, template: &Path) -> Result<(), Failure> {
        let failed = |error: std::io::Error| error.to_string();
        let set = fs::read_link(template.join("current")).map_err(failed)?;
        let about = fs::read_to_string(template.join("current/about.json")).map_err(failed)?;
        let names: Vec<_> = fs::read_dir(template.join(&set))
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect())
            .map_err(failed)?;
        let mut declared = String::new();
        for number in 0..DECLARED {
            let (id, name) = (10_000 + number, format!("host-{number:06}.example.org"));
            // The first thousand are those that `status` looks at.
            let folder = self.folder.join(if number < FOLDERS { "first" } else { "others" }).join(&name);
            let into = folder.join(&set);
            fs::create_dir_all(&into).map_err(failed)?;
            symlink(&set, folder.join("current")).map_err(failed)?;
            for file in names.iter().filter(|file| *file != "about.json") {
                fs::hard_link(template.join(&set).join(file), into.join(file)).map_err(failed)?;
                symlink(Path::new("current").join(file), folder.join(file)).map_err(failed)?;
            }
            let about = about.replace("\"certificate\": 571", &format!("\"certificate\": {id}"));
            write(&into.join("about.json"), &about.replace("example.com", &name))?;
            declared += &format!("[[certificate]]\nname = \"{name}\"\nout = \"{}\"\n", folder.display());
        }
        write(&self.folder.join("certificates.toml"), &declared)
    }

    /// What a command takes: the least of some runs, since what else this machine does counts for nothing.
    fn least(&self, simulator: &Simulator, arguments: &[&str], ends_with: i32) -> Result<Usage, Failure> {
        let mut least: Option<Usage> = None;
        for _ in 0..RUNS {
            let usage =
                usage(&self.command(simulator, 1000, arguments)?)?.ok_or("not measured: there is no GNU time")?;
            if usage.status.code() != Some(ends_with) {
                return Err(format!("{arguments:?}: {}", usage.status));
            }
            least = Some(match least {
                None => usage,
                Some(least) => Usage {
                    peak_memory: least.peak_memory.min(usage.peak_memory),
                    cpu: least.cpu.min(usage.cpu),
                    wall: least.wall.min(usage.wall),
                    status: least.status,
                },
            });
        }
        least.ok_or_else(|| "nothing ran".to_owned())
    }

    /// The same for the requests that list the account: its certificates are listed, and nothing else is done.
    fn requests(&self, simulator: &Simulator) -> Result<Usage, Failure> {
        self.least(simulator, &["status", "--check"], 0)
    }

    fn plan(&self, simulator: &Simulator) -> Result<(), Failure> {
        let arguments = ["plan", &self.path("certificates.toml")];
        let planned = self.printed(simulator, &arguments, 8)?;
        let rows = planned.get("plan").and_then(Value::as_array).map(Vec::len);
        if rows != Some(DECLARED) {
            return Err(format!("{rows:?} certificates were planned"));
        }
        let (requests, plan) = (self.requests(simulator)?, self.least(simulator, &arguments, 8)?);
        let (seconds, peak) = (plan.wall - requests.wall, plan.peak_memory - requests.peak_memory);
        let verdict = missed(seconds <= PLAN_SECONDS);
        println!("plan of {DECLARED} besides the requests: {seconds:.2} s (aim: at most {PLAN_SECONDS}{verdict})");
        println!("plan of {DECLARED} besides the requests: {:.2} s of CPU time", plan.cpu - requests.cpu);
        let verdict = missed(peak <= PLAN_MIB);
        println!("plan of {DECLARED} besides the requests: {peak:.0} MiB (aim: at most {PLAN_MIB}{verdict})");
        Ok(())
    }

    fn status(&self, simulator: &Simulator) -> Result<(), Failure> {
        let first = self.path("first");
        for (what, arguments) in [("here", &["status", &first, "--here"][..]), ("and asked for", &["status", &first])] {
            let seconds = self.least(simulator, arguments, 0)?.wall;
            let verdict = missed(seconds <= STATUS_SECONDS);
            println!("status of {FOLDERS} folders {what}: {seconds:.2} s (aim: at most {STATUS_SECONDS}{verdict})");
        }
        Ok(())
    }

    fn apply(&self) -> Result<(), Failure> {
        let [certificates, pace] = [ORDERED, PACE].map(|number| number.to_string());
        let (latency, job_time) = (format!("{LATENCY}ms"), format!("{JOB_SECONDS}s"));
        let options =
            ["--certificates", &certificates, "--pace", &pace, "--latency", &latency, "--job-time", &job_time];
        let simulator = Simulator::start(&self.program, &options)?;
        let mut declared = String::from("[defaults]\ndns = \"provision\"\n");
        for number in 0..ORDERED {
            let name = format!("host-{number:06}.example.org");
            declared +=
                &format!("[[certificate]]\nname = \"{name}\"\nout = \"{}\"\n", self.path(&format!("new/{name}")));
        }
        let file = self.path("due.toml");
        write(Path::new(&file), &declared)?;
        let trace = self.path("apply.trace");
        let apply = self.command(&simulator, PACE, &["apply", &file, "--quiet", "--trace", &trace])?;
        let (seconds, _) = timed(apply, 0)?;
        let requests = fs::read_to_string(trace).map_err(|error| error.to_string())?.lines().count();
        let ideal = requests as f64 / PACE as f64 + JOB_SECONDS as f64;
        let ratio = seconds / ideal;
        println!(
            "apply of {ORDERED}, {PACE} requests a second, {LATENCY} ms, jobs of {JOB_SECONDS} s: {seconds:.1} s for {requests} requests; \
             to requests / pace and a job's time {ratio:.3} (aim: at most {APPLY_AIM}{})",
            missed(ratio <= APPLY_AIM)
        );
        Ok(())
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
